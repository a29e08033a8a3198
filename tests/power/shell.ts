import { setTimeout as delay } from "node:timers/promises";
import { Client } from "ssh2";

/** How a command in the VM ended. */
export interface Result {
    /** Undefined when the connection went before the command did: a power cut. */
    readonly code: number | undefined;
    /** Both streams, in the order they came. */
    readonly output: string;
}

/** A connection over SSH. It ends with the VM. */
export class Shell {
    /** Whether it still stands. */
    alive = true;

    private constructor(private readonly client: Client) {
        client.once("close", () => {
            this.alive = false;
        });
    }

    /** Tries until the VM answers. @throws after `seconds`, with the last reason */
    static async open(port: number, privateKey: string, seconds = 240): Promise<Shell> {
        const end = Date.now() + seconds * 1000;
        for (;;) {
            try {
                return new Shell(await connect(port, privateKey));
            } catch (error) {
                if (Date.now() > end) {
                    throw error;
                }
                await delay(500);
            }
        }
    }

    /** @param onText what the command prints, as it comes */
    async exec(script: string, input = "", onText?: (text: string) => void): Promise<Result> {
        const { promise, resolve, reject } = Promise.withResolvers<Result>();
        const gone = () => {
            resolve({ code: undefined, output });
        };
        let output = "";
        this.client.once("close", gone);
        // As one word: the words of a remote command go through a shell.
        const quoted = `'${`exec 2>&1; ${script}`.replaceAll("'", `'\\''`)}'`;
        this.client.exec(`bash -c ${quoted}`, (error, channel) => {
            if (error) {
                reject(error);
                return;
            }
            channel.setEncoding("utf8").on("data", (text: string) => {
                output += text;
                onText?.(text);
            });
            channel.on("close", (code: number | null) => {
                resolve({ code: code ?? undefined, output: output.trimEnd() });
            });
            channel.end(input);
        });
        return promise.finally(() => this.client.removeListener("close", gone));
    }

    close(): void {
        this.client.destroy();
    }
}

async function connect(port: number, privateKey: string): Promise<Client> {
    const client = new Client();
    const { promise, resolve, reject } = Promise.withResolvers<Client>();
    client.once("ready", () => {
        resolve(client);
    });
    // Stays: an error that comes after the connection was made must not end the tests.
    client.on("error", reject);
    client.once("close", () => {
        reject(new Error("The VM closed the connection before it was made."));
    });
    client.connect({
        ...{ host: "127.0.0.1", port, username: "root", privateKey },
        readyTimeout: 30_000,
    });
    return promise;
}
