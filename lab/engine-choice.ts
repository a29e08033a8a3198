import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "./paths";

/** How an engine is started: program, leading arguments, and its name in reports. */
export interface Engine {
    readonly name: string;
    readonly file: string;
    readonly args: readonly string[];
}

/** The bundled engine: a rehearsal stand-in for Pulumi's own, with the same command line. */
export const bundledEngine: Engine = {
    name: "bundled",
    file: join(project, "node_modules/.bin/node"),
    args: ["--import", "tsx", join(project, "lab/engine/main.ts")],
};

/**
 * Pulumi's own engine when `pulumi` and every plugin that the program needs, in its pinned version, are installed;
 * otherwise the bundled one.
 */
export function chooseEngine(): Engine {
    const installed = pulumiPlugins();
    const complete = neededPlugins().every((plugin) => installed.includes(plugin));
    return complete ? { name: "pulumi", file: "pulumi", args: [] } : bundledEngine;
}

/** `name@version` of each resource plugin, from the SDKs that package.json pins. */
function neededPlugins(): string[] {
    const { dependencies } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as {
        dependencies: Record<string, string>;
    };
    return ["kubernetes", "cloudflare", "command"].map(
        (name) => `${name}@${dependencies[`@pulumi/${name}`] ?? "unknown"}`,
    );
}

function pulumiPlugins(): string[] {
    try {
        const listed = execFileSync("pulumi", ["plugin", "ls", "--json"], {
            encoding: "utf8",
            stdio: ["ignore", "pipe", "ignore"],
            env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
        });
        const plugins = JSON.parse(listed) as { name: string; version?: string }[];
        return plugins.map((plugin) => `${plugin.name}@${plugin.version ?? ""}`);
    } catch {
        // Not installed: the ordinary case on a machine that only rehearses.
        return [];
    }
}
