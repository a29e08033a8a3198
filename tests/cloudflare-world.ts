import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { Agent, request } from "undici";
import { labCa } from "../lab/ca";
import { chats, workersDomain, zone } from "../lab/facts";
import { serveInternet } from "../lab/internet";
import { internetClient } from "../lab/internet-client";
import { callApi, deployToken, tokens } from "./cloudflare-calls";

const api = "cloudflare.lab.test";
/** The whole stand-in internet on loopback, at ports of the kernel's choice. */
export async function startWorld() {
    const dir = mkdtempSync(join(tmpdir(), "rekindle-test-"));
    const socket = join(dir, "internet.sock");
    const loopback = { host: "127.0.0.1", port: 0 };
    const { certFile } = await labCa();
    const world = await serveInternet({
        zones: [zone],
        tokens,
        api: { name: api, ...loopback },
        visitors: loopback,
        connectors: loopback,
        resolvers: [{ address: "127.0.0.1", port: 0 }],
        edgeHosts: [],
        telegram: {
            telegram: { name: "api.telegram.org", ...loopback },
            telegramToken: () => "1:secret",
            chats: Object.values(chats),
        },
        workersDomain,
        socket,
        onStop: () => undefined,
    });
    const dispatcher = new Agent({
        connect: { ca: readFileSync(certFile, "utf8"), servername: api },
    });
    return {
        dir,
        socket,
        certFile,
        apiUrl: world.apiUrl,
        connectorPort: world.connectorPort,
        client: internetClient(socket),
        url: (hostname: string, path = "/") => `https://${hostname}:${world.visitorPort}${path}`,
        /** Calls the API over TLS with the deploy token. */
        call: async (...call: [string, string, unknown?]) =>
            callApi(world.apiUrl, call, { token: deployToken, dispatcher }),
        close: async () => {
            await world.close();
            await dispatcher.destroy();
            rmSync(dir, { recursive: true });
        },
    };
}
export type World = Awaited<ReturnType<typeof startWorld>>;

export interface ConnectorOptions {
    readonly world: World;
    readonly binary: string;
    readonly token: string;
    /** The text of config.yaml. */
    readonly config: string;
    /** More of its environment. @default none */
    readonly settings?: Readonly<Record<string, string>>;
}

/** A connector process, and what it logs. */
export class Connector {
    private readonly lines: string[] = [];
    private readonly logged = new Set<(ended: boolean) => void>();
    private readonly exited: Promise<unknown[]>;

    private constructor(
        readonly child: ChildProcess,
        log: Readable,
    ) {
        this.exited = once(child, "exit");
        const tell = (ended: boolean) => {
            this.logged.forEach((look) => {
                look(ended);
            });
        };
        const lines = createInterface({ input: log });
        lines.on("line", (line) => {
            this.lines.push(line);
            tell(false);
        });
        lines.on("close", () => {
            tell(true);
        });
    }

    static start({ world, binary, token, config, settings }: ConnectorOptions): Connector {
        const file = (name: string, text: string) => {
            const path = join(world.dir, `${randomBytes(4).toString("hex")}-${name}`);
            writeFileSync(path, text, { mode: 0o600 });
            return path;
        };
        const edge = `127.0.0.1:${world.connectorPort}`;
        const args = ["--no-autoupdate", "tunnel", "--config", file("config.yaml", config)];
        args.push("--metrics", "127.0.0.1:0", "--grace-period", "10s", "--edge", edge, "run");
        const env = {
            SSL_CERT_FILE: world.certFile,
            TUNNEL_TOKEN_FILE: file("token", token),
            ...settings,
        };
        const child = spawn(binary, args, { env, stdio: ["ignore", "ignore", "pipe"] });
        return new Connector(child, child.stderr);
    }

    /** Lines from before no longer count. */
    forget(): void {
        this.lines.splice(0);
    }

    /** Waits for a line of the log; lines from before count as well. @throws with the log when the process ended without */
    async line(wanted: RegExp): Promise<RegExpExecArray> {
        return new Promise((resolve, reject) => {
            const look = (ended: boolean) => {
                const match = this.lines.map((line) => wanted.exec(line)).find((found) => found);
                if (match) {
                    resolve(match);
                } else if (ended) {
                    reject(new Error(`no line ${wanted.source} in:\n${this.lines.join("\n")}`));
                } else {
                    return;
                }
                this.logged.delete(look);
            };
            this.logged.add(look);
            look(this.child.exitCode !== null && this.child.stderr?.readableEnded === true);
        });
    }

    async connected(): Promise<void> {
        await this.line(/Registered tunnel connection .*\(4 ready\)/);
    }

    /** Asks the port of the probes and metrics. */
    async probe(path: string): Promise<{ status: number; body: string }> {
        const [, address] = await this.line(/metrics server on (\S+)\/metrics/);
        const answer = await request(`http://${address ?? ""}${path}`);
        return { status: answer.statusCode, body: await answer.body.text() };
    }

    /** @returns the exit code; null when a signal ended it */
    async end(signal: NodeJS.Signals): Promise<number | null> {
        this.child.kill(signal);
        return this.exit();
    }

    async exit(): Promise<number | null> {
        const [code] = await this.exited;
        return code as number | null;
    }
}
