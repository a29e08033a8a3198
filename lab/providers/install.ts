import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { built } from "../cache";
import { project } from "../paths";
import { pinnedVersion } from "../pulumi/versions";

/** The providers whose plugins no package registry has. */
export const standInNames = ["command", "cloudflare", "grafana"] as const;

/**
 * Bundles the stand-in providers' plugins, or takes them from the cache.
 * @returns by provider the text of its executable file, for the Node on PATH
 */
export async function standIns(): Promise<Readonly<Record<string, string>>> {
    const folder = await built("provider-plugins", sources(), async (made) => {
        for (const name of standInNames) {
            writeFileSync(join(made, name), await bundle(name));
        }
    });
    return Object.fromEntries(
        standInNames.map((name) => [name, readFileSync(join(folder, name), "utf8")]),
    );
}

/** Returns everything that a bundle is made from. */
function sources(): string[] {
    const own = readdirSync(__dirname, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .sort()
        .map((file) => join(__dirname, file));
    const others = ["lab/grafana/durations.ts", "package.json", "package-lock.json"];
    return [...own, ...others.map((file) => join(project, file))].map((file) =>
        readFileSync(file, "utf8"),
    );
}

async function bundle(name: (typeof standInNames)[number]): Promise<string> {
    const { outputFiles } = await build({
        entryPoints: [join(__dirname, name, "main.ts")],
        ...{ bundle: true, platform: "node", target: "node22", format: "cjs", write: false },
        absWorkingDir: project,
        banner: { js: "#!/usr/bin/env node" },
        define: { "process.env.PLUGIN_VERSION": JSON.stringify(pinnedVersion(name)) },
        // ssh2 does without its native parts.
        external: ["cpu-features", "*.node"],
    });
    return outputFiles[0]?.text ?? "";
}
