import type { Value, Values } from "../values";

/** What a command printed. */
export interface Output extends Values {
    stdout: string;
    stderr: string;
}

/** One verb's command, with the inputs of its resource. */
export interface CommandRun {
    readonly command: string;
    readonly inputs: Values;
    /** What the previous command of the resource printed. */
    readonly previous: Output;
    /** Aborts when the command is to be killed. */
    readonly signal: AbortSignal;
    /** Takes a stream's output as it comes. */
    readonly heard: (stream: "stdout" | "stderr", chunk: string) => void;
}

/** Returns a value as a command sees it. */
export function commandText(value: Value | undefined): string {
    return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
}
