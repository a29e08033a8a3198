import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectName, stackName, stackPlace } from "../stack-place";
import { ensureEngine, type Engine } from "./engine";
import { readEvents, type Events } from "./events";
import { isLocked, removeDeadLocks } from "./locks";
import { asOperator } from "./operator";
import { deleteHalfMade } from "./pending";

export type StackCommand = "up" | "preview" | "destroy";

/** What one run of the engine did. */
export interface StackRun extends Events {
    readonly engine: Engine;
    readonly ok: boolean;
    readonly seconds: number;
}

/** The commands that read the stack's configuration, and from which file. */
const configured = ["up", "preview", "refresh", "destroy", "import", "config"];

/**
 * Runs one command of the engine on the `dev` stack, its output going straight to the terminal.
 * @param output where that goes. @default "stdout"
 */
export async function runStack(
    command: StackCommand,
    output: "stdout" | "stderr" = "stdout",
): Promise<StackRun> {
    const begun = Date.now();
    const engine = await ensureEngine(console.error);
    if (command !== "preview") {
        await recover();
    }
    const eventLog = join(stackPlace().stateFolder, "events.json");
    rmSync(eventLog, { force: true });
    const confirmed = command === "preview" ? ["--diff"] : ["--yes", "--skip-preview"];
    const args = [command, "--event-log", eventLog, ...confirmed];
    const interactive = output === "stdout" && process.stdout.isTTY && process.stdin.isTTY;
    const exit = await pulumi(interactive ? args : [...args, "--non-interactive"], output);
    const events = readEvents(existsSync(eventLog) ? readFileSync(eventLog, "utf8") : "");
    // Pulumi writes the SDK's debug messages there too, with secrets in plain.
    rmSync(eventLog, { force: true });
    return { ...events, engine, ok: exit === 0, seconds: (Date.now() - begun) / 1000 };
}

/** Clears up after a run that was killed, as docs/home.md says for a home. */
async function recover(): Promise<void> {
    const { stateFolder } = stackPlace();
    // What another run is creating right now is not half-made; Pulumi refuses this one.
    if (!isLocked(stateFolder) && (await deleteHalfMade(stateFolder))) {
        console.error(
            "The last run was killed while it created something: running `pulumi refresh`.",
        );
        const clear = ["--clear-pending-creates", "--yes", "--skip-preview", "--non-interactive"];
        await pulumi(["refresh", ...clear], "stderr");
    }
}

/**
 * Runs any command of `pulumi` on the `dev` stack, as the person at the computer that deploys.
 * @returns its exit code
 * @throws when the stack is missing and Pulumi does not make it
 */
export async function pulumi(
    args: readonly string[],
    output: "stdout" | "stderr" = "stdout",
): Promise<number> {
    const { configFile, stateFolder } = stackPlace();
    mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
    if (!existsSync(join(stateFolder, ".pulumi/stacks", projectName, `${stackName}.json`))) {
        await createStack(stateFolder);
    }
    await removeDeadLocks(stateFolder);
    const [command = "help", ...rest] = args;
    const config = configured.includes(command) ? ["--config-file", configFile] : [];
    return asOperator("pulumi", [command, ...config, ...rest], {
        stdio: ["inherit", output === "stdout" ? "inherit" : 2, "inherit"],
    });
}

/** Makes the stack from a bare project: `stack init` writes into the project's files. */
async function createStack(stateFolder: string): Promise<void> {
    const bare = join(stateFolder, "project");
    mkdirSync(bare, { recursive: true });
    writeFileSync(join(bare, "Pulumi.yaml"), `name: ${projectName}\nruntime: nodejs\n`);
    const exit = await asOperator("pulumi", ["stack", "init", stackName, "--no-select"], {
        cwd: bare,
        stdio: ["ignore", 2, 2],
    });
    if (exit !== 0) {
        throw new Error(
            `\`pulumi stack init\` ended with ${exit}: its message is above. Fix that, then run the command again.`,
        );
    }
}
