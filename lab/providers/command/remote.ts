import { setTimeout as delay } from "node:timers/promises";
import { Client } from "ssh2";
import * as z from "zod";
import { commandText, type CommandRun } from "./command-run";

/** The fields that the real provider's SDK fills in; others (proxy, password, agent) are not handled. */
const connectionSchema = z.strictObject({
    host: z.string(),
    port: z.number(),
    user: z.string(),
    privateKey: z.string(),
    /** Required here: without a host key the real provider trusts whoever answers. */
    hostKey: z.string().regex(/^ssh-ed25519 \S+/),
    dialErrorLimit: z.number(),
    perDialTimeout: z.number(),
});
type Connection = z.output<typeof connectionSchema>;

/**
 * Runs a command over SSH with its stdin; dials as often as the connection says, as the real provider does. As with the real one,
 * a cancellation or a timeout ends the dialling, and not a command that already runs.
 * @returns how it failed; undefined when it succeeded
 */
export async function runRemotely({
    command,
    inputs,
    signal,
    heard,
}: CommandRun): Promise<string | undefined> {
    const parsed = connectionSchema.safeParse(inputs["connection"]);
    if (!parsed.success) {
        const fields = parsed.error.issues.map(({ path }) => path.join(".") || "unknown fields");
        throw new Error(`connection is not one that the stand-in handles: ${fields.join(", ")}.`);
    }
    const client = await dial(parsed.data, signal);
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
                channel.end(commandText(inputs["stdin"]));
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

async function dial(connection: Connection, signal: AbortSignal): Promise<Client> {
    const { dialErrorLimit } = connection;
    for (let tries = 1; ; tries += 1) {
        try {
            return await connect(connection);
        } catch (error) {
            if (tries >= dialErrorLimit || signal.aborted) {
                const reason = error instanceof Error ? error.message : String(error);
                throw new Error(
                    `after ${tries} failed attempts: ${connection.host}:${connection.port}: ${reason}`,
                );
            }
            // The real provider's waits: 0.1 s, half as long again after each failure.
            await delay(100 * 1.5 ** (tries - 1), undefined, { signal }).catch(() => undefined);
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
            // Notices a network that swallows everything, like Go's own keep-alive.
            keepaliveInterval: 15_000,
        });
    });
    return client;
}
