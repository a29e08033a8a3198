import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

interface Answer {
    readonly return?: unknown;
    readonly error?: { readonly desc: string };
    readonly id?: number;
}

/** QEMU's control protocol on the standard streams of its process: one JSON object a line. */
export class Qmp {
    private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
    private last = 0;

    constructor(private readonly qemu: ChildProcess) {
        if (qemu.stdout) {
            createInterface(qemu.stdout).on("line", (line) => {
                this.take(line);
            });
        }
        // A cut in the middle of a command is what these tests are about.
        qemu.stdin?.on("error", () => undefined);
        qemu.on("close", () => {
            for (const { reject } of this.waiting.values()) {
                reject(new Error("QEMU ended."));
            }
        });
        this.send("qmp_capabilities").catch(() => undefined);
    }

    /** @throws with QEMU's own words */
    async send(execute: string, args: Readonly<Record<string, string>> = {}): Promise<unknown> {
        const id = ++this.last;
        const answer = Promise.withResolvers<unknown>();
        this.waiting.set(id, answer);
        this.qemu.stdin?.write(`${JSON.stringify({ execute, arguments: args, id })}\n`);
        return answer.promise;
    }

    /** A command of QEMU's older monitor, which answers with text. @throws when it says anything */
    async monitor(command: string): Promise<void> {
        const text = await this.send("human-monitor-command", { "command-line": command });
        if (text !== "") {
            throw new Error(`QEMU answered \`${command}\` with: ${String(text)}`);
        }
    }

    private take(line: string): void {
        const { id, return: value, error } = JSON.parse(line) as Answer;
        if (id === undefined) {
            return;
        }
        const answer = this.waiting.get(id);
        this.waiting.delete(id);
        if (error) {
            answer?.reject(new Error(`QEMU: ${error.desc}`));
        } else {
            answer?.resolve(value);
        }
    }
}
