import { setTimeout as delay } from "node:timers/promises";

/** A call to an API that did not succeed. */
export class CallError extends Error {
    constructor(
        message: string,
        /** Undefined when there was no answer at all. */
        readonly status: number | undefined,
    ) {
        super(message);
    }
}

/** Returns the reason of a `fetch` that got no answer. */
export function noAnswer(error: unknown): string {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return `no answer (${String(cause)})`;
}

/** Resolves to undefined when what is called for does not exist. */
export async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
    return call.catch((error: unknown) => {
        if (error instanceof CallError && error.status === 404) {
            return undefined;
        }
        throw error;
    });
}

/** Waits, and says for what. */
export async function waiting(
    problem: string,
    milliseconds: number,
    status: (text: string) => void,
): Promise<void> {
    status(`${problem}; trying again in ${milliseconds / 1000} s`);
    await delay(milliseconds);
}
