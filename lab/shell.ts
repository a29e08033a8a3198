import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { namespaceFile } from "./paths";

export interface RunOptions {
    /** Text for the program's standard input. @default none */
    readonly input?: string;
    readonly cwd?: string;
    /** Added to this process's environment. */
    readonly env?: Readonly<Record<string, string>>;
    /** Each line of output as it comes. */
    readonly onLine?: (line: string) => void;
}

/** A command that failed: what ran, how it ended, and the last lines it printed. */
export class CommandError extends Error {
    constructor(
        readonly command: string,
        readonly exitCode: number | undefined,
        readonly output: string,
    ) {
        const tail = output.trim().split("\n").slice(-15).join("\n");
        super(`\`${command}\` ended with ${exitCode ?? "a signal"}:\n${tail}`);
    }
}

/**
 * Runs a program without a shell and returns what it printed on stdout, without the last line end.
 * @throws CommandError when it cannot be started or ends with anything but 0.
 */
export async function run(
    file: string,
    args: readonly string[] = [],
    options: RunOptions = {},
): Promise<string> {
    const child = spawn(...endingWithUs(file, args), {
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
    });
    let stdout = "";
    let all = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
        stdout += text;
        all += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
        all += text;
    });
    if (options.onLine) {
        createInterface(child.stdout).on("line", options.onLine);
        createInterface(child.stderr).on("line", options.onLine);
    }
    // A program that ends without reading its input is judged by its exit code.
    child.stdin.on("error", () => undefined).end(options.input ?? "");
    const code = await new Promise<number | null>((resolve, reject) => {
        child.on("close", resolve);
        child.on("error", (error) => {
            reject(new CommandError([file, ...args].join(" "), undefined, error.message));
        });
    });
    if (code !== 0) {
        throw new CommandError([file, ...args].join(" "), code ?? undefined, all);
    }
    return stdout.replace(/\n$/, "");
}

/**
 * Has the kernel kill a program when this process dies, however it dies: a build that outlives a killed command
 * would write into the next one's files.
 */
function endingWithUs(file: string, args: readonly string[]): [string, string[]] {
    return process.platform === "linux"
        ? ["setpriv", ["--pdeathsig", "KILL", file, ...args]]
        : [file, [...args]];
}

/** Arguments that run a command inside the lab's network namespace. */
export function inNamespace(file: string, args: readonly string[]): [string, string[]] {
    return ["nsenter", [`--net=${namespaceFile}`, file, ...args]];
}
