import { join } from "node:path";
import { Agent, request } from "undici";
import type { RecordedRequest } from "./cloudflare/api";
import type { Tunnel } from "./cloudflare/api-tunnels";
import type { Fault, FaultTarget } from "./cloudflare/faults";
import type { DnsRecord, Zone } from "./cloudflare/store";
import type { Run } from "./cloudflare/workers";
import { startDaemon } from "./daemon";
import { internetSocket, project, runRoot } from "./paths";
import type { Poll, PollRequest } from "./poll";
import { inNamespace } from "./shell";
import type { Message } from "./telegram/chats";
import type { Visit, VisitRequest } from "./visitor";

export interface WorkersView {
    /** Milliseconds. */
    readonly ahead: number;
    readonly scripts: readonly string[];
    readonly runs: readonly Run[];
    readonly writes: Readonly<Record<string, number>>;
    /** Values in KV by key. */
    readonly stored: Readonly<Record<string, string>>;
}

export interface NewRecord {
    readonly zoneId: string;
    readonly type: string;
    readonly name: string;
    readonly content: string;
    readonly proxied?: boolean;
    readonly comment?: string;
}

/**
 * Talks to the lab's stand-in internet over its unix socket. Each call throws, with the command to run next,
 * when the lab is not running, and with the reason when the call is refused.
 * @param socket the control socket. @default the lab's
 */
export function internetClient(socket = internetSocket) {
    const call = caller(socket);
    return {
        status: () => call<{ pid: number; faults: Fault[] }>("GET", "/status"),
        /** Adds zones that the account does not have yet. @returns all that it has */
        addZones: (zones: readonly Zone[]) => call<Zone[]>("POST", "/zones", zones),
        /** All zones' records. */
        records: () => call<DnsRecord[]>("GET", "/records"),
        /** All tunnels, also those that are deleted. */
        tunnels: () => call<Tunnel[]>("GET", "/tunnels"),
        /** @param since a time as ISO 8601 text; only later requests are returned. @default all that are kept */
        requests: (since = "") =>
            call<RecordedRequest[]>(
                "GET",
                `/requests?${new URLSearchParams({ since }).toString()}`,
            ),
        /** Visits a URL from outside the house: through DNS and the edge. */
        visit: (visit: string | VisitRequest) =>
            call<Visit>("POST", "/visit", typeof visit === "string" ? { url: visit } : visit),
        /** Sends a visitor who comes again and again. @returns the poll's id */
        startPoll: async (poll: PollRequest) =>
            (await call<{ id: string }>("POST", "/polls", poll)).id,
        /** Ends a poll. @returns what it saw all along */
        stopPoll: (id: string) => call<Poll>("DELETE", `/polls/${id}`),
        /** @returns all faults in force */
        setFault: (fault: Fault) => call<Fault[]>("POST", "/fault", fault),
        /** @param target @default all targets */
        clearFaults: (target?: FaultTarget) =>
            call<Fault[]>("DELETE", target === undefined ? "/fault" : `/fault?target=${target}`),
        /** Puts a record there that is not the program's. */
        addRecord: (record: NewRecord) => call<DnsRecord>("POST", "/records", record),
        removeRecord: (id: string) => call<DnsRecord>("DELETE", `/records/${id}`),
        /** What Telegram received, oldest first. */
        messages: () => call<Message[]>("GET", "/messages"),
        /** The Workers that run, what was asked of them, and their KV writes by day. */
        workers: () => call<WorkersView>("GET", "/workers"),
        /** Turns the clock of Workers ahead; what was due meanwhile has run when this returns. */
        advanceClock: (seconds: number) => call<{ ahead: number }>("POST", "/clock", { seconds }),
        stop: () => call<{ stopping: true }>("POST", "/stop"),
    };
}
export type InternetClient = ReturnType<typeof internetClient>;

function caller(socket: string) {
    return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
        const dispatcher = new Agent({ connect: { socketPath: socket } });
        try {
            const answer = await request(`http://internet${path}`, {
                method,
                dispatcher,
                // A poll or a visit takes as long as it was told to.
                headersTimeout: 0,
                ...(body === undefined
                    ? {}
                    : {
                          body: JSON.stringify(body),
                          headers: { "content-type": "application/json" },
                      }),
            });
            const value = (await answer.body.json()) as T & { message?: string };
            if (answer.statusCode >= 400) {
                throw new Error(`The stand-in internet refused ${path}: ${value.message ?? ""}`);
            }
            return value;
        } catch (error) {
            const { code } = error as NodeJS.ErrnoException;
            if (code === "ENOENT" || code === "ECONNREFUSED") {
                throw new Error("The lab is not running: run `npm start` first.", { cause: error });
            }
            throw error;
        } finally {
            await dispatcher.close();
        }
    };
}

/**
 * Starts the stand-in internet inside the lab's network namespace, where it goes on without this process.
 * Does nothing when it is already there.
 * @throws with the end of its log when it does not come up
 */
export async function startInternet(): Promise<void> {
    if (await isUp()) {
        return;
    }
    const script = join(project, "lab", "internet.ts");
    await startDaemon(
        inNamespace(process.execPath, ["--import", "tsx", script]),
        join(runRoot, "internet.log"),
    );
}

async function isUp(): Promise<boolean> {
    try {
        await internetClient().status();
        return true;
    } catch {
        return false;
    }
}
