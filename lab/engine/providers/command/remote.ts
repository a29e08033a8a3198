import { setTimeout as delay } from "node:timers/promises";
import { Client } from "ssh2";
import * as z from "zod";
import { text, type CommandRun } from "./command-run";

/** What the real provider's SDK fills in; other fields of a connection (proxy, password, agent) are not handled here. */
const connectionSchema = z.strictObject({
    host: z.string(),
    port: z.number(),
    user: z.string(),
    privateKey: z.string(),
    /** Required here: without one the real provider trusts whoever answers. */
    hostKey: z.string().regex(/^ssh-ed25519 \S+/),
    dialErrorLimit: z.number(),
    perDialTimeout: z.number(),
});
type Connection = z.output<typeof connectionSchema>;

/**
 * Runs a command over SSH with the stdin that stands beside it; dials as often as the connection says, as the real provider does.
 * @returns how it failed; undefined when it did not
 */
export async function runRemotely({
    command,
    inputs,
    heard,
}: CommandRun): Promise<string | undefined> {
    const parsed = connectionSchema.safeParse(inputs["connection"]);
    if (!parsed.success) {
        const fields = parsed.error.issues.map(({ path }) => path.join(".") || "unknown fields");
        throw new Error(
            `connection is not as the bundled engine handles it: ${fields.join(", ")}.`,
        );
    }
    const client = await dial(parsed.data);
    try {
        const code = await new Promise<unknown>((resolve, reject) => {
            client.on("error", reject);
            client.exec(command, (error, channel) => {
                if (error) {
                    reject(error);
                    return;
                }
                let status: unknown;
                channel.setEncoding("utf8").on("data", (chunk: string) => {
                    heard("stdout", chunk);
                });
                channel.stderr.setEncoding("utf8").on("data", (chunk: string) => {
                    heard("stderr", chunk);
                });
                channel.on("exit", (value: unknown) => {
                    status = value;
                });
                channel.on("close", () => {
                    resolve(status);
                });
                channel.end(text(inputs["stdin"]));
            });
        });
        if (code === 0) {
            return undefined;
        }
        return typeof code === "number"
            ? `Process exited with status ${code}`
            : "wait: remote command exited without exit status or exit signal";
    } finally {
        client.end();
    }
}

async function dial(connection: Connection): Promise<Client> {
    const { dialErrorLimit } = connection;
    for (let tries = 1; ; tries += 1) {
        try {
            return await connect(connection);
        } catch (error) {
            if (tries >= dialErrorLimit) {
                const reason = error instanceof Error ? error.message : String(error);
                throw new Error(
                    `after ${tries} failed attempts: ${connection.host}:${connection.port}: ${reason}`,
                );
            }
            // The real provider's waits: 0.1 s, half as long again after each failure.
            await delay(100 * 1.5 ** (tries - 1));
        }
    }
}

async function connect({
    host,
    port,
    user,
    privateKey,
    hostKey,
    perDialTimeout,
}: Connection): Promise<Client> {
    const client = new Client();
    const pinned = hostKey.split(" ")[1];
    await new Promise<void>((resolve, reject) => {
        client.on("ready", resolve).on("error", reject);
        client.connect({
            ...{ host, port, privateKey, username: user, readyTimeout: perDialTimeout * 1000 },
            algorithms: { serverHostKey: ["ssh-ed25519"] },
            hostVerifier: (key: Buffer) => key.toString("base64") === pinned,
            // A network that swallows everything is noticed, as by Go's own keep-alive.
            keepaliveInterval: 15_000,
        });
    });
    return client;
}
