import { spawn } from "node:child_process";
import { once } from "node:events";
import { isObject, type Value } from "../values";
import { commandText, type CommandRun, type Output } from "./command-run";

/** Signals by the names that Go gives them in the real provider's errors. */
const signalNames: Readonly<Record<string, string>> = {
    SIGKILL: "killed",
    SIGTERM: "terminated",
    SIGINT: "interrupt",
};

/**
 * Runs a command on this machine, with its stdin, environment, directory and interpreter.
 * @returns how it failed; undefined when it succeeded
 */
export async function runLocally({
    command,
    inputs,
    previous,
    signal,
    heard,
}: CommandRun): Promise<string | undefined> {
    const [shell = "/bin/sh", ...leading] = Array.isArray(inputs["interpreter"])
        ? inputs["interpreter"].map(commandText)
        : ["/bin/sh", "-c"];
    const child = spawn(shell, [...leading, command], {
        cwd: typeof inputs["dir"] === "string" ? inputs["dir"] : undefined,
        env: {
            ...process.env,
            ...(inputs["addPreviousOutputInEnv"] === false ? {} : previousOutput(previous)),
            ...stringMap(inputs["environment"]),
        },
    });
    const kill = (): void => {
        child.kill("SIGKILL");
    };
    signal.addEventListener("abort", kill);
    for (const stream of ["stdout", "stderr"] as const) {
        child[stream].setEncoding("utf8").on("data", (chunk: string) => {
            heard(stream, chunk);
        });
    }
    // A command that ends without reading its input is judged by its exit code.
    child.stdin.on("error", () => undefined).end(commandText(inputs["stdin"]));
    const ended = await once(child, "close").catch((error: unknown) => String(error));
    signal.removeEventListener("abort", kill);
    if (typeof ended === "string") {
        return ended;
    }
    const [code, killer] = ended as [number | null, string | null];
    if (code === 0) {
        return undefined;
    }
    return code === null
        ? `signal: ${signalNames[killer ?? ""] ?? killer ?? "unknown"}`
        : `exit status ${code}`;
}

function previousOutput({ stdout, stderr }: Output): Record<string, string> {
    return {
        ...(stdout === "" ? {} : { PULUMI_COMMAND_STDOUT: stdout }),
        ...(stderr === "" ? {} : { PULUMI_COMMAND_STDERR: stderr }),
    };
}

function stringMap(value: Value | undefined): Record<string, string> {
    return isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, commandText(item)]))
        : {};
}
