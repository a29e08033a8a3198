import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stateFile } from "./engine/state";
import { project } from "./paths";
import { projectName, stackName } from "./stack-place";

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

const pulumiEngine: Engine = { name: "pulumi", file: "pulumi", args: [] };

/**
 * The engine that has made the stack in `stateFolder`; for a new one Pulumi's own when `pulumi` and every plugin that the program
 * needs, in its pinned version, are installed, otherwise the bundled one.
 * @param complete whether Pulumi's own is installed whole. @default asks `pulumi`
 * @throws when Pulumi's own engine made the stack and is there no more: neither can read the other's state
 */
export function chooseEngine(stateFolder: string, complete = isPulumiComplete): Engine {
    if (existsSync(stateFile(stateFolder, projectName, stackName))) {
        return bundledEngine;
    }
    if (complete()) {
        return pulumiEngine;
    }
    if (isPulumiStack(stateFolder)) {
        throw new Error(
            `Pulumi's own engine made the lab's stack, and the bundled one cannot read its state: put \`pulumi\` and the plugins ${neededPlugins().join(", ")} back on this machine, or begin anew with \`npm run down\` and \`npm start\`.`,
        );
    }
    return bundledEngine;
}

/** Whether Pulumi's own engine has made the stack there. */
export function isPulumiStack(stateFolder: string): boolean {
    return existsSync(join(stateFolder, ".pulumi/stacks", projectName, `${stackName}.json`));
}

function isPulumiComplete(): boolean {
    const installed = pulumiPlugins();
    return neededPlugins().every((plugin) => installed.includes(plugin));
}

/** `name@version` of each resource plugin, from the SDKs that package.json pins. */
function neededPlugins(): string[] {
    const { dependencies } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as {
        dependencies: Record<string, string>;
    };
    return ["kubernetes", "cloudflare", "command", "grafana"].map((name) => {
        const scope = name === "grafana" ? "@pulumiverse" : "@pulumi";
        return `${name}@${dependencies[`${scope}/${name}`] ?? "unknown"}`;
    });
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
