import { join } from "node:path";
import { Agent, fetch as undiciFetch } from "undici";
import { tlsOptions } from "./cloudflare/certificates";
import { Clock } from "./cloudflare/clock";
import type { Faults } from "./cloudflare/faults";
import type { Endpoint } from "./cloudflare/listener";
import { WorkerStore } from "./cloudflare/worker-store";
import { Workers } from "./cloudflare/workers";
import { startBotApi } from "./telegram/bot-api";
import { Chats, type Chat } from "./telegram/chats";
import { lookupAt, type VisitorOptions } from "./visitor";

export interface OutsideOptions {
    readonly telegram: Endpoint & { readonly name: string };
    /** Asked at each request. */
    readonly telegramToken: () => string;
    readonly chats: readonly Chat[];
    /** Where messages, Workers and their KV are kept. @default in memory only */
    readonly folder?: string;
    readonly faults: Faults;
    /** How Workers reach what is outside of them. */
    readonly visitor: VisitorOptions;
}

/** What watches over the house from outside: Telegram, and Cloudflare's Workers with their clock. */
export interface Outside {
    readonly chats: Chats;
    readonly clock: Clock;
    readonly workers: WorkerStore;
    readonly telegramPort: number;
    /** Turns the clock, and runs what was due meanwhile. */
    advance(milliseconds: number): Promise<void>;
    close(): Promise<void>;
}

/** Milliseconds between two looks at what is due. */
const tick = 5_000;

/** Starts the Telegram stand-in and the runtime of Workers. */
export async function startOutside(options: OutsideOptions): Promise<Outside> {
    const { folder, faults, visitor, telegram } = options;
    const at = (name: string) => (folder === undefined ? [] : [join(folder, name)]);
    const clock = new Clock();
    const chats = new Chats(options.chats, at("telegram.json")[0], () => clock.now());
    const tls = await tlsOptions(() => [telegram.name], faults, "telegram");
    const token = options.telegramToken;
    const bots = await startBotApi({ ...telegram, token, chats, faults, tls });

    const agent = new Agent({ connect: { ca: visitor.ca, lookup: lookupAt(visitor.resolver) } });
    const runtime = new Workers({
        clock,
        fetch: async (request) => {
            const body = request.method === "GET" ? undefined : await request.arrayBuffer();
            return undiciFetch(request.url, {
                ...{ method: request.method, headers: [...request.headers], redirect: "manual" },
                ...(body === undefined ? {} : { body }),
                dispatcher: agent,
            });
        },
        ...(folder === undefined ? {} : { folder }),
    });
    const workers = new WorkerStore(runtime, ...at("workers.json"));
    await workers.restore();

    // One after the other: a slow run must not be overtaken by the next.
    let last = Promise.resolve();
    const runDue = async (ahead = 0) => {
        last = last.then(async () => runtime.runDue(clock.now() + ahead));
        await last;
    };
    const timer = setInterval(() => {
        runDue().catch((error: unknown) => {
            console.error("Workers stand-in:", error);
        });
    }, tick);
    return {
        ...{ chats, clock, workers, telegramPort: bots.port },
        advance: runDue,
        close: async () => {
            clearInterval(timer);
            await last.catch(() => undefined);
            await Promise.all([bots.close(), runtime.close(), agent.destroy()]);
        },
    };
}
