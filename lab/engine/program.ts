import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Project } from "./project";

export interface RunningProgram {
    /** Resolves with the exit code; null when it was killed. */
    readonly exit: Promise<number | null>;
    kill(): void;
}

/** Runs the project's program as Pulumi's Node.js host does. */
export function startProgram(
    {
        folder,
        name,
        stack,
        tsconfig,
        nodeargs = "",
        config,
        secretKeys,
    }: Pick<
        Project,
        "folder" | "name" | "stack" | "tsconfig" | "nodeargs" | "config" | "secretKeys"
    >,
    options: {
        /** Where the monitor and the engine are served. */
        readonly address: string;
        readonly preview: boolean;
        readonly parallel: number;
        readonly onLine: (line: string) => void;
    },
): RunningProgram {
    const runner = createRequire(join(folder, "package.json")).resolve("@pulumi/pulumi/cmd/run");
    const flags = [
        ...["--monitor", options.address, "--engine", options.address],
        ...["--project", name, "--stack", stack, "--organization", "organization"],
        ...["--root-directory", folder, "--pwd", folder],
        ...["--parallel", String(options.parallel)],
        ...(options.preview ? ["--dry-run"] : []),
    ];
    const args = [...nodeargs.split(" ").filter(Boolean), runner, ...flags, "."];
    const child = spawn(process.execPath, args, {
        cwd: folder,
        stdio: ["ignore", "pipe", "pipe"],
        env: {
            ...process.env,
            // Secrets reach the program as with Pulumi: in its environment, never on its command line.
            PULUMI_CONFIG: JSON.stringify(config),
            PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secretKeys),
            PULUMI_NODEJS_TYPESCRIPT: "true",
            ...(tsconfig === undefined ? {} : { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig }),
            // The program has no use for what opens its own state.
            PULUMI_CONFIG_PASSPHRASE: undefined,
            PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
        },
    });
    createInterface(child.stdout).on("line", options.onLine);
    createInterface(child.stderr).on("line", options.onLine);
    return {
        exit: new Promise((resolve, reject) => {
            child.on("error", reject);
            child.on("close", resolve);
        }),
        kill: () => {
            child.kill("SIGKILL");
        },
    };
}
