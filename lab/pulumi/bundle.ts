import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { built } from "../cache";
import { project } from "../paths";
import { pinnedVersion } from "./versions";

const languageHost = "language-nodejs";
/** What no package registry has: the plugins of three providers, and the language host. */
const programs = ["command", "cloudflare", "grafana", languageHost] as const;
type Program = (typeof programs)[number];

/**
 * Bundles the lab's own programs for Pulumi's engine, or takes them from the cache.
 * @returns by name the text of each executable file, for the Node on PATH
 */
export async function ownPrograms(): Promise<Readonly<Record<Program, string>>> {
    const folder = await built("provider-plugins", sources(), async (made) => {
        for (const name of programs) {
            writeFileSync(join(made, name), await bundle(name));
        }
    });
    const texts = programs.map((name) => [name, readFileSync(join(folder, name), "utf8")]);
    return Object.fromEntries(texts) as Record<Program, string>;
}

/** Returns everything that a bundle is made from. */
function sources(): string[] {
    const own = ["lab/providers", "lab/pulumi"].flatMap((folder) =>
        readdirSync(join(project, folder), { recursive: true, encoding: "utf8" })
            .filter((file) => file.endsWith(".ts"))
            .sort()
            .map((file) => join(folder, file)),
    );
    const others = ["lab/grafana/durations.ts", "package.json", "package-lock.json"];
    return [...own, ...others].map((file) => readFileSync(join(project, file), "utf8"));
}

async function bundle(name: Program): Promise<string> {
    const [source, version] =
        name === languageHost
            ? [`pulumi/${name}.ts`, ""]
            : [`providers/${name}/main.ts`, pinnedVersion(name)];
    const { outputFiles } = await build({
        entryPoints: [join(project, "lab", source)],
        ...{ bundle: true, platform: "node", target: "node22", format: "cjs", write: false },
        absWorkingDir: project,
        banner: { js: "#!/usr/bin/env node" },
        define: { "process.env.PLUGIN_VERSION": JSON.stringify(version) },
        // ssh2 does without its native parts.
        external: ["cpu-features", "*.node"],
    });
    return outputFiles[0]?.text ?? "";
}
