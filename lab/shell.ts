import { execa, type Options } from "execa";
import { netns } from "./facts";

export type RunOptions = Pick<Options, "input" | "cwd" | "env" | "timeout"> & {
    /** Each line of output as it comes. */
    onLine?: (line: string) => void;
};

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
 * Runs a program without a shell and returns what it printed on stdout.
 * @throws CommandError when it cannot be started or ends with anything but 0.
 */
export async function run(
    file: string,
    args: readonly string[] = [],
    options: RunOptions = {},
): Promise<string> {
    const { onLine, ...rest } = options;
    const child = execa(file, args, {
        ...rest,
        all: true,
        reject: false,
        stdin: rest.input === undefined ? "ignore" : "pipe",
    });
    if (onLine) {
        for await (const line of child.iterable({ from: "all" })) {
            onLine(line);
        }
    }
    const done = await child;
    if (done.failed) {
        // Nothing was printed when the program could not be started at all.
        const said = [done.all, done.message].find(Boolean) ?? "";
        throw new CommandError([file, ...args].join(" "), done.exitCode, said);
    }
    return done.stdout;
}

/** Arguments that run a command inside the lab's network namespace. */
export function inNamespace(file: string, args: readonly string[]): [string, string[]] {
    return ["nsenter", [`--net=/run/netns/${netns}`, file, ...args]];
}
