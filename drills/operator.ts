import { createInterface } from "node:readline/promises";

/** The person in front of the Pis, at this terminal. */
export interface Operator {
    /**
     * @param signal gives the question up
     * @throws the signal's reason; or when nobody answers any more, because standard input has ended
     */
    ask(question: string, signal: AbortSignal): Promise<string>;
    close(): void;
}

/** @param interrupt what Ctrl+C does: a terminal whose lines are read hands it to the reader, and not to the process */
export function operatorAt(
    input: NodeJS.ReadableStream,
    output: NodeJS.WritableStream,
    interrupt: () => void,
): Operator {
    const terminal = createInterface({ input, output });
    const gone = new AbortController();
    terminal.on("SIGINT", interrupt);
    terminal.once("close", () => {
        gone.abort(new Error("Nobody answers here: standard input has ended."));
    });
    return {
        ask: async (question, signal) => {
            const ended = AbortSignal.any([signal, gone.signal]);
            ended.throwIfAborted();
            return terminal.question(question, { signal: ended }).catch((error: unknown) => {
                throw ended.aborted ? ended.reason : error;
            });
        },
        close: () => {
            terminal.close();
        },
    };
}

/** @throws when the stack's name is not typed: nothing was broken */
export async function confirmed(
    operator: Operator,
    drills: readonly { readonly name: string }[],
    stack: string,
    signal: AbortSignal,
): Promise<void> {
    const names = drills.map(({ name }) => name).join(" and ");
    const typed = await operator
        .ask(
            `${names} on ${stack}: the house is away for minutes. Type ${stack} to begin: `,
            signal,
        )
        .catch((error: unknown) => {
            throw new Error(`${(error as Error).message} Nothing was broken.`);
        });
    if (typed.trim() !== stack) {
        throw new Error(`"${typed}" is not ${stack}: nothing was broken.`);
    }
}
