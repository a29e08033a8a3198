import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Cron } from "croner";
import { Miniflare, Response as WorkerResponse } from "miniflare";
import type { Clock } from "./clock";

/** A binding as it is uploaded with a script; only the kinds that are needed here. */
export type Binding =
    | { readonly type: "plain_text" | "secret_text"; readonly name: string; readonly text: string }
    | { readonly type: "kv_namespace"; readonly name: string; readonly namespace_id: string };

export interface Script {
    readonly mainModule: string;
    readonly content: string;
    readonly compatibilityDate: string;
    readonly bindings: readonly Binding[];
}

/** As much of a Response as is passed on. */
export interface Answer {
    readonly status: number;
    readonly headers: { get(name: string): string | null };
    arrayBuffer(): Promise<ArrayBuffer>;
}

export interface WorkersOptions {
    readonly clock: Clock;
    /** What a Worker's own requests reach. */
    readonly fetch: (request: Request) => Promise<Answer>;
    /** Where KV lies. @default in memory */
    readonly folder?: string;
}

/** Workers' free plan (developers.cloudflare.com/kv/platform/limits). */
export const kvWritesPerDay = 1000;

/** What was asked of a Worker and how that ended, for people and tests to look at. */
export interface Run {
    /** ISO 8601, on the lab's clock. */
    readonly time: string;
    readonly what: "fetch" | "scheduled";
    readonly outcome: string;
}

interface Deployed {
    readonly runtime: Miniflare;
    /** The KV namespaces' bindings. */
    readonly stores: readonly string[];
    crons: readonly string[];
}

/** What miniflare's own types leave to a package of Cloudflare's. */
interface Namespace {
    list(): Promise<{ keys: { name: string }[] }>;
    get(key: string): Promise<string | null>;
}
interface Scheduled {
    scheduled(event: { cron: string; scheduledTime: Date }): Promise<{ outcome: string }>;
}

/** Runs Workers in workerd, Cloudflare's own runtime; their clock, and what is outside of them, are the lab's. */
export class Workers {
    readonly runs: Run[] = [];
    readonly #deployed = new Map<string, Deployed>();
    readonly #writes = new Map<string, number>();
    #seen: number;

    constructor(private readonly options: WorkersOptions) {
        this.#seen = options.clock.now();
    }

    /** Puts a script in the place of the one before. @throws when workerd cannot start it */
    async deploy(name: string, script: Script): Promise<void> {
        const crons = this.#deployed.get(name)?.crons ?? [];
        await this.remove(name);
        const { folder } = this.options;
        const runtime = new Miniflare({
            name,
            modules: [
                { type: "ESModule", path: "entry.mjs", contents: entry() },
                { type: "ESModule", path: "deployed", contents: script.content },
            ],
            compatibilityDate: script.compatibilityDate,
            bindings: Object.fromEntries(
                script.bindings.flatMap((one) => ("text" in one ? [[one.name, one.text]] : [])),
            ),
            kvNamespaces: Object.fromEntries(
                script.bindings.flatMap((one) =>
                    one.type === "kv_namespace" ? [[one.name, one.namespace_id]] : [],
                ),
            ),
            ...(folder === undefined ? {} : { kvPersist: join(folder, "kv") }),
            outboundService: async (request: Request) => this.#outbound(request),
        });
        await runtime.ready;
        const stores = script.bindings.filter(({ type }) => type === "kv_namespace");
        this.#deployed.set(name, { runtime, crons, stores: stores.map((one) => one.name) });
    }

    schedule(name: string, crons: readonly string[]): void {
        const deployed = this.#deployed.get(name);
        if (deployed) {
            deployed.crons = crons;
        }
    }

    async remove(name: string): Promise<void> {
        const deployed = this.#deployed.get(name);
        this.#deployed.delete(name);
        await deployed?.runtime.dispose();
    }

    /** A request to a Worker's own address. @returns undefined when there is no such Worker */
    async dispatch(name: string, request: Request): Promise<Response | undefined> {
        const deployed = this.#deployed.get(name);
        if (!deployed) {
            return undefined;
        }
        const headers = new Headers(request.headers);
        headers.set("x-lab-ahead", String(this.options.clock.ahead));
        const body = request.method === "GET" ? undefined : await request.arrayBuffer();
        const answer = await deployed.runtime.dispatchFetch(request.url, {
            method: request.method,
            headers: [...headers],
            ...(body === undefined ? {} : { body }),
        });
        this.#note("fetch", String(answer.status));
        return new Response(await bodyOf(answer), { status: answer.status });
    }

    /**
     * Runs all that was due since the last call, in its order, each at its own time.
     * @param until a time to turn the clock to meanwhile. @default now
     */
    async runDue(until = this.options.clock.now()): Promise<void> {
        const { clock } = this.options;
        const from = this.#seen;
        this.#seen = until;
        const due = [...this.#deployed]
            .flatMap(([name, { crons }]) =>
                crons.flatMap((cron) => times(cron, from, until).map((at) => ({ name, cron, at }))),
            )
            .sort((a, b) => a.at - b.at);
        for (const { name, cron, at } of due) {
            clock.reach(at);
            const worker = (await this.#deployed.get(name)?.runtime.getWorker()) as unknown as
                Scheduled | undefined;
            const result = await worker?.scheduled({ cron, scheduledTime: new Date(at) });
            this.#note("scheduled", result?.outcome ?? "no such Worker", at);
        }
        clock.reach(until);
    }

    /** KV writes of each day, by its date. */
    writes(): Readonly<Record<string, number>> {
        return Object.fromEntries(this.#writes);
    }

    /** What lies in KV, by key; each Worker has namespaces of its own. */
    async stored(): Promise<Readonly<Record<string, string>>> {
        const values: Record<string, string> = {};
        for (const { runtime, stores } of this.#deployed.values()) {
            for (const binding of stores) {
                const store = (await runtime.getKVNamespace(binding)) as unknown as Namespace;
                for (const { name } of (await store.list()).keys) {
                    values[name] = (await store.get(name)) ?? "";
                }
            }
        }
        return values;
    }

    async close(): Promise<void> {
        await Promise.all([...this.#deployed.keys()].map(async (name) => this.remove(name)));
    }

    async #outbound(request: Request): Promise<WorkerResponse> {
        if (new URL(request.url).hostname === "kv-writes.lab") {
            return new WorkerResponse(null, { status: this.#countWrite() ? 204 : 429 });
        }
        const answer = await this.options.fetch(request);
        // Of the headers those that a Worker of ours reads.
        const headers = ["location", "cf-mitigated"].flatMap((name): [string, string][] => {
            const value = answer.headers.get(name);
            return value === null ? [] : [[name, value]];
        });
        return new WorkerResponse(await bodyOf(answer), { status: answer.status, headers });
    }

    #countWrite(): boolean {
        const day = new Date(this.options.clock.now()).toISOString().slice(0, 10);
        const count = (this.#writes.get(day) ?? 0) + 1;
        this.#writes.set(day, count);
        return count <= kvWritesPerDay;
    }

    #note(what: Run["what"], outcome: string, at = this.options.clock.now()): void {
        this.runs.push({ time: new Date(at).toISOString(), what, outcome });
        this.runs.splice(0, this.runs.length - 1000);
    }
}

/** None where the status has none. */
async function bodyOf(answer: Answer): Promise<ArrayBuffer | null> {
    return answer.status === 204 || answer.status === 304 ? null : answer.arrayBuffer();
}

/** When a cron was due, after `from` and up to `until`. */
function times(pattern: string, from: number, until: number): number[] {
    const cron = new Cron(pattern, { timezone: "UTC", paused: true });
    const found: number[] = [];
    for (let next = cron.nextRun(new Date(from)); next && next.getTime() <= until;) {
        found.push(next.getTime());
        next = cron.nextRun(next);
    }
    return found;
}

function entry(): string {
    return readFileSync(join(__dirname, "worker-entry.mjs"), "utf8");
}
