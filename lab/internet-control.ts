import { rmSync } from "node:fs";
import Fastify from "fastify";
import { tunnelView } from "./cloudflare/api-tunnels";
import type { RecordedRequest } from "./cloudflare/api";
import type { Connections } from "./cloudflare/connections";
import { changeRecords } from "./cloudflare/dns-rules";
import type { Fault, Faults, FaultTarget } from "./cloudflare/faults";
import type { Store, Zone } from "./cloudflare/store";
import type { Outside } from "./outside-services";
import type { PollRequest, Polls } from "./poll";
import { visit, type VisitorOptions, type VisitRequest } from "./visitor";

export interface ControlOptions {
    /** The unix socket, for this user only. */
    readonly socket: string;
    readonly store: Store;
    readonly connections: Connections;
    readonly faults: Faults;
    readonly requests: readonly RecordedRequest[];
    readonly visitor: VisitorOptions;
    readonly polls: Polls;
    readonly outside: Outside;
    /** Called after a request to stop was answered. */
    readonly stop: () => void;
}

/** Serves the lab's own view of the stand-in internet: what it holds, what it was asked, visits, faults. */
export async function startControl(options: ControlOptions): Promise<{ close(): Promise<void> }> {
    const { store, connections, faults, polls, outside } = options;
    const app = Fastify({ forceCloseConnections: true });
    app.get("/status", () => ({ pid: process.pid, faults: faults.list() }));
    app.get("/tunnels", () =>
        [...store.tunnels.values()].map((tunnel) => tunnelView(tunnel, connections)),
    );
    app.get<{ Querystring: { since?: string } }>("/requests", ({ query }) =>
        options.requests.filter(({ time }) => time > (query.since ?? "")),
    );

    app.post<{ Body: Zone[] }>("/zones", ({ body }) => {
        store.addZones(body);
        return store.zones;
    });

    app.get("/records", () => [...store.records.values()]);
    app.post<{ Body: { zoneId: string } }>(
        "/records",
        ({ body: { zoneId, ...record } }) =>
            changeRecords(store, zoneId, { posts: [record] }).posts[0],
    );
    app.delete<{ Params: { id: string } }>("/records/:id", ({ params: { id } }) => {
        const zoneId = store.records.get(id)?.zone_id ?? "";
        return changeRecords(store, zoneId, { deletes: [{ id }] }).deletes[0];
    });

    app.post<{ Body: VisitRequest }>("/visit", ({ body }) => visit(body, options.visitor));
    app.post<{ Body: PollRequest }>("/polls", ({ body }) => ({ id: polls.start(body) }));
    app.delete<{ Params: { id: string } }>("/polls/:id", ({ params }) => polls.stop(params.id));

    app.get("/messages", () => outside.chats.messages);
    app.get("/workers", async () => ({
        ahead: outside.clock.ahead,
        scripts: [...outside.workers.scripts.keys()],
        runs: outside.workers.workers.runs,
        writes: outside.workers.workers.writes(),
        stored: await outside.workers.workers.stored(),
    }));
    app.post<{ Body: { seconds: number } }>("/clock", async ({ body }) => {
        await outside.advance(body.seconds * 1000);
        return { ahead: outside.clock.ahead };
    });

    app.post<{ Body: Fault }>("/fault", async ({ body }) => {
        await faults.set(body);
        return faults.list();
    });
    app.delete<{ Querystring: { target?: FaultTarget } }>("/fault", async ({ query }) => {
        await faults.clear(query.target);
        return faults.list();
    });
    app.post("/stop", (_request, reply) => {
        reply.raw.on("finish", options.stop);
        return { stopping: true };
    });

    // What a process that was killed has left behind.
    rmSync(options.socket, { force: true });
    const before = process.umask(0o177);
    await app.listen({ path: options.socket });
    process.umask(before);
    return app;
}
