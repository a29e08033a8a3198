import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { differences } from "../diff";
import { isObject, type Value, type Values } from "../values";
import type { Package, Provider, ResourceRequest } from "./provider";

const localCommand = "command:local:Command";
const inputKeys = [
    ...["addPreviousOutputInEnv", "create", "delete", "dir", "environment"],
    ...["interpreter", "logging", "stdin", "triggers", "update"],
];

/** pulumi-command 1.2.1. */
export const commandPackage: Package = {
    name: "command",
    types: [localCommand],
    // The library that package is built with adds its own version; seen with the real one.
    checkConfig: (inputs) => ({ ...inputs, "__pulumi-go-provider-version": "v1.5.0" }),
    replaces: () => [],
    configure: () => provider,
};

const provider: Provider = {
    secretsDiffer: true,
    check({ inputs }) {
        const strange = Object.keys(inputs).find((key) => !inputKeys.includes(key));
        if (strange !== undefined) {
            throw new Error(
                `${strange} is an input that the bundled engine's ${localCommand} does not handle; it handles ${inputKeys.join(", ")}.`,
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
        const output = await runCommand(inputs["create"], request, {});
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
        const output = await runCommand(inputs["update"] ?? inputs["create"], request, oldOutputs);
        return { ...inputs, ...output };
    },
    async delete(request) {
        const { oldInputs, oldOutputs } = request;
        await runCommand(oldInputs["delete"], { ...request, inputs: oldInputs }, oldOutputs);
    },
};

/** Signals as Go names them in the real provider's errors. */
const signalNames: Readonly<Record<string, string>> = {
    SIGKILL: "killed",
    SIGTERM: "terminated",
    SIGINT: "interrupt",
};

interface Output extends Values {
    stdout: string;
    stderr: string;
}

/**
 * Runs one verb's command with the stdin, environment, directory and interpreter that stand beside it.
 * @throws with the command, how it ended, and all that it printed
 */
async function runCommand(
    command: Value | undefined,
    { inputs, status, timeout }: Pick<ResourceRequest, "inputs" | "status" | "timeout">,
    previous: Values,
): Promise<Output> {
    const before = { stdout: text(previous["stdout"]), stderr: text(previous["stderr"]) };
    if (typeof command !== "string") {
        return before;
    }
    const [shell = "/bin/sh", ...leading] = Array.isArray(inputs["interpreter"])
        ? inputs["interpreter"].map(text)
        : ["/bin/sh", "-c"];
    const child = spawn(shell, [...leading, command], {
        cwd: typeof inputs["dir"] === "string" ? inputs["dir"] : undefined,
        env: {
            ...process.env,
            ...(inputs["addPreviousOutputInEnv"] === false ? {} : previousOutput(before)),
            ...stringMap(inputs["environment"]),
        },
        ...(timeout === undefined ? {} : { timeout: timeout * 1000, killSignal: "SIGKILL" }),
    });
    const output = { stdout: "", stderr: "" };
    let all = "";
    for (const stream of ["stdout", "stderr"] as const) {
        child[stream].setEncoding("utf8").on("data", (chunk: string) => {
            output[stream] += chunk;
            all += chunk;
            if (logs(inputs["logging"], stream)) {
                chunk.split("\n").filter(Boolean).forEach(status);
            }
        });
    }
    // A command that ends without reading its input is judged by its exit code.
    child.stdin.on("error", () => undefined).end(text(inputs["stdin"]));
    const ended = await once(child, "close").catch((error: unknown) => {
        throw new Error(`${String(error)}: running ${JSON.stringify(command)}`);
    });
    const [code, signal] = ended as [number | null, string | null];
    if (code !== 0) {
        const how =
            code === null
                ? `signal: ${signalNames[signal ?? ""] ?? signal}`
                : `exit status ${code}`;
        throw new Error(`${how}: running ${JSON.stringify(command)}:\n${all}`);
    }
    return { stdout: trimEnd(output.stdout), stderr: trimEnd(output.stderr) };
}

function previousOutput({ stdout, stderr }: Output): Record<string, string> {
    return {
        ...(stdout === "" ? {} : { PULUMI_COMMAND_STDOUT: stdout }),
        ...(stderr === "" ? {} : { PULUMI_COMMAND_STDERR: stderr }),
    };
}

/** What `logging` lets through; both streams unless it says otherwise. */
function logs(logging: Value | undefined, stream: "stdout" | "stderr"): boolean {
    return logging === undefined || logging === stream || logging === "stdoutAndStderr";
}

function stringMap(value: Value | undefined): Record<string, string> {
    return isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, text(item)]))
        : {};
}

function text(value: Value | undefined): string {
    return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
}

function trimEnd(output: string): string {
    return output.replace(/\n$/, "");
}
