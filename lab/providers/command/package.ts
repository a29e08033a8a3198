import { randomBytes } from "node:crypto";
import { differences } from "../diff";
import { assertHandled } from "../resource-rules";
import type { Package, Rules, WorkRequest } from "../rules";
import type { Value, Values } from "../values";
import { commandText, type CommandRun, type Output } from "./command-run";
import { lineReader } from "./lines";
import { runLocally } from "./local";
import { runRemotely } from "./remote";

export const localCommand = "command:local:Command";
export const remoteCommand = "command:remote:Command";

const commonKeys = ["addPreviousOutputInEnv", "create", "delete", "logging", "stdin"];
/** The inputs of each type that are handled. */
const inputKeys: Readonly<Record<string, readonly string[]>> = {
    [localCommand]: [...commonKeys, "dir", "environment", "interpreter", "triggers", "update"],
    // No environment: a stock sshd refuses it.
    [remoteCommand]: [...commonKeys, "connection", "triggers", "update"],
};

/** Stands in for pulumi-command 1.2.1. Like the real one it cannot read: a refresh keeps what the state has. */
export const commandPackage: Package = {
    name: "command",
    types: [localCommand, remoteCommand],
    secretsDiffer: true,
    // pulumi-go-provider, the library of the real one, adds its own version.
    checkConfig: (inputs) => ({ ...inputs, "__pulumi-go-provider-version": "v1.5.0" }),
    configure: () => rules,
};

const rules: Rules = {
    check({ type, inputs }) {
        assertHandled(inputs, inputKeys[type] ?? []);
        return inputs;
    },
    diff: (_type, oldInputs, inputs) =>
        differences(oldInputs, inputs).map((change) => ({
            ...change,
            replace: change.path[0] === "triggers",
        })),
    async create(request, inputs) {
        const output = await runVerb(inputs["create"], request, inputs, {});
        return {
            id: `${request.name}${randomBytes(4).toString("hex")}`,
            outputs: { ...inputs, ...output },
        };
    },
    async update(request, old, inputs) {
        const command = inputs["update"] ?? inputs["create"];
        return { ...inputs, ...(await runVerb(command, request, inputs, old.outputs)) };
    },
    async delete(request, old) {
        await runVerb(old.inputs["delete"], request, old.inputs, old.outputs);
    },
};

/** @throws with how the command ended, the command, and everything it printed */
async function runVerb(
    command: Value | undefined,
    { type, info, signal, timeout }: WorkRequest,
    inputs: Values,
    outputs: Values,
): Promise<Output> {
    const previous = {
        stdout: commandText(outputs["stdout"]),
        stderr: commandText(outputs["stderr"]),
    };
    if (typeof command !== "string") {
        return previous;
    }
    const output = { stdout: "", stderr: "" };
    let all = "";
    const lines = { stdout: lineReader(info), stderr: lineReader(info) };
    const expiry = timeout === undefined ? [] : [AbortSignal.timeout(timeout * 1000)];
    const run: CommandRun = {
        ...{ command, inputs, previous, signal: AbortSignal.any([signal, ...expiry]) },
        heard: (stream, chunk) => {
            output[stream] += chunk;
            all += chunk;
            if (isLogged(inputs["logging"], stream)) {
                lines[stream].add(chunk);
            }
        },
    };
    const failure = type === remoteCommand ? await runRemotely(run) : await runLocally(run);
    lines.stdout.end();
    lines.stderr.end();
    if (failure !== undefined) {
        throw new Error(`${failure}: running ${JSON.stringify(command)}:\n${all}`);
    }
    return { stdout: trimEnd(output.stdout), stderr: trimEnd(output.stderr) };
}

/** Checks what `logging` lets through: both streams unless it says otherwise. */
function isLogged(logging: Value | undefined, stream: "stdout" | "stderr"): boolean {
    return logging === undefined || logging === stream || logging === "stdoutAndStderr";
}

function trimEnd(output: string): string {
    return output.replace(/\n$/, "");
}
