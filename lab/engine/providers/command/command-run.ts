import type { Value, Values } from "../../values";

/** What a command printed; also what it printed the time before. */
export interface Output extends Values {
    stdout: string;
    stderr: string;
}

/** One verb's command with what stands beside it. */
export interface CommandRun {
    readonly command: string;
    readonly inputs: Values;
    readonly previous: Output;
    /** Seconds. @default none */
    readonly timeout?: number;
    /** Takes a stream's text as it comes. */
    readonly heard: (stream: "stdout" | "stderr", chunk: string) => void;
}

/** A value as a command sees it. */
export function text(value: Value | undefined): string {
    return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
}
