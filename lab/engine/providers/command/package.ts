import { randomBytes } from "node:crypto";
import { differences } from "../../diff";
import type { Value, Values } from "../../values";
import type { Package, Provider, ResourceRequest } from "../provider";
import { runLocally } from "./local";
import { runRemotely } from "./remote";
import { text, type CommandRun, type Output } from "./command-run";

export const localCommand = "command:local:Command";
export const remoteCommand = "command:remote:Command";

/** The inputs of each type that this engine handles. */
const inputKeys: Readonly<Record<string, readonly string[]>> = {
    [localCommand]: [
        ...["addPreviousOutputInEnv", "create", "delete", "dir", "environment"],
        ...["interpreter", "logging", "stdin", "triggers", "update"],
    ],
    // No environment: a stock sshd refuses it.
    [remoteCommand]: [
        ...["addPreviousOutputInEnv", "connection", "create", "delete", "logging", "stdin"],
        ...["triggers", "update"],
    ],
};

/** pulumi-command 1.2.1. */
export const commandPackage: Package = {
    name: "command",
    types: [localCommand, remoteCommand],
    // The library that package is built with adds its own version; seen with the real one.
    checkConfig: (inputs) => ({ ...inputs, "__pulumi-go-provider-version": "v1.5.0" }),
    replaces: () => [],
    configure: () => provider,
};

const provider: Provider = {
    secretsDiffer: true,
    check({ type, inputs }) {
        const keys = inputKeys[type] ?? [];
        const strange = Object.keys(inputs).find((key) => !keys.includes(key));
        if (strange !== undefined) {
            throw new Error(
                `${strange} is an input that the bundled engine's ${type} does not handle; it handles ${keys.join(", ")}.`,
            );
        }
        return { inputs };
    },
    diff({ oldInputs, inputs }) {
        const changes = differences(oldInputs, inputs).map((change) => ({
            ...change,
            replace: change.path[0] === "triggers",
        }));
        return { changes };
    },
    async create(request) {
        const { inputs, name, preview } = request;
        if (preview) {
            return { id: "", outputs: inputs };
        }
        const output = await runVerb(inputs["create"], request, {});
        return {
            id: `${name}${randomBytes(4).toString("hex")}`,
            outputs: { ...inputs, ...output },
        };
    },
    async update(request) {
        const { inputs, oldOutputs, preview } = request;
        if (preview) {
            return inputs;
        }
        const output = await runVerb(inputs["update"] ?? inputs["create"], request, oldOutputs);
        return { ...inputs, ...output };
    },
    async delete(request) {
        const { oldInputs, oldOutputs } = request;
        await runVerb(oldInputs["delete"], { ...request, inputs: oldInputs }, oldOutputs);
    },
};

/** @throws with the command, how it ended, and all that it printed */
async function runVerb(
    command: Value | undefined,
    {
        type,
        inputs,
        status,
        timeout,
    }: Pick<ResourceRequest, "type" | "inputs" | "status" | "timeout">,
    previous: Values,
): Promise<Output> {
    const before = { stdout: text(previous["stdout"]), stderr: text(previous["stderr"]) };
    if (typeof command !== "string") {
        return before;
    }
    const output = { stdout: "", stderr: "" };
    let all = "";
    const run: CommandRun = {
        ...{ command, inputs, previous: before },
        ...(timeout === undefined ? {} : { timeout }),
        heard: (stream, chunk) => {
            output[stream] += chunk;
            all += chunk;
            if (logs(inputs["logging"], stream)) {
                chunk.split("\n").filter(Boolean).forEach(status);
            }
        },
    };
    const failure = type === remoteCommand ? await runRemotely(run) : await runLocally(run);
    if (failure !== undefined) {
        throw new Error(`${failure}: running ${JSON.stringify(command)}:\n${all}`);
    }
    return { stdout: trimEnd(output.stdout), stderr: trimEnd(output.stderr) };
}

/** What `logging` lets through; both streams unless it says otherwise. */
function logs(logging: Value | undefined, stream: "stdout" | "stderr"): boolean {
    return logging === undefined || logging === stream || logging === "stdoutAndStderr";
}

function trimEnd(output: string): string {
    return output.replace(/\n$/, "");
}
