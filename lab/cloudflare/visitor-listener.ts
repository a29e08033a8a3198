import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type OutgoingHttpHeaders } from "node:http2";
import { createServer } from "node:https";
import { pipeline } from "node:stream";
import { tlsOptions } from "./certificates";
import type { Connections } from "./connections";
import { recordsFor, zoneOf } from "./dns-names";
import type { Faults } from "./faults";
import { answerInFront } from "./in-front";
import { listen, type Endpoint, type Listener } from "./listener";
import type { Store } from "./store";
import { workerAnswer, workerName } from "./worker-visits";
import type { WorkerStore } from "./worker-store";

/** Headers that belong to one connection and are never passed on (RFC 9110, 7.6.1). */
const hopByHop = [
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/** What both of the edge's ports work with. */
export interface EdgeParts {
    readonly store: Store;
    readonly connections: Connections;
    readonly faults: Faults;
    /** What answers names below workers.dev. @default nothing */
    readonly workers?: { readonly domain: string; readonly store: WorkerStore } | undefined;
}

/** The edge's port for visitors: HTTPS for every name that Universal SSL would cover. */
export async function listenForVisitors(endpoint: Endpoint, parts: EdgeParts): Promise<Listener> {
    const { store, faults, workers } = parts;
    const names = () => [
        ...store.zones.flatMap(({ domain }) => [domain, `*.${domain}`]),
        ...(workers ? [`*.${workers.domain}`] : []),
    ];
    const tls = await tlsOptions(names, faults, "edge");
    const server = createServer(tls, (request, response) => {
        answer(request, response, parts).catch((error: unknown) => {
            // One visitor's odd request must not end the edge for all.
            console.error("edge stand-in:", error);
            response.destroy();
        });
    });
    return listen(server, endpoint, faults, "edge");
}

async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    { store, connections, faults, workers }: EdgeParts,
): Promise<void> {
    await faults.slowness("edge");
    const host = request.headers.host ?? "";
    const name = host.replace(/:\d+$/, "").toLowerCase();
    const front = faults.front(name);
    const worker = workers && workerName(host, workers.domain);
    // Access and challenges are a zone's own: workers.dev is none of ours.
    if (workers && worker !== undefined && faults.kind("edge") !== "503") {
        const answer = await workerAnswer(request, worker, workers.store);
        if (answer === undefined) {
            refuse(response, { status: 404, code: 1042 });
            return;
        }
        response.writeHead(answer.status, { server: "cloudflare" });
        response.end(Buffer.from(await answer.arrayBuffer()));
        return;
    }
    if (front !== undefined) {
        answerInFront(response, front, name);
        return;
    }
    const target =
        faults.kind("edge") === "503" ? { status: 503, code: 503 } : findTunnel(host, store);
    if (typeof target === "string") {
        forward(request, response, connections, target);
    } else {
        refuse(response, target);
    }
}

/** An answer of the edge itself: the HTTP status, and Cloudflare's own error code. */
export interface Refusal {
    readonly status: number;
    readonly code: number;
}

/** Finds the tunnel that serves a hostname, or what the edge answers when there is none. */
export function findTunnel(hostHeader: string, store: Store): string | Refusal {
    const host = hostHeader.replace(/:\d+$/, "").toLowerCase();
    const zone = zoneOf(host, store.zones);
    const records = zone ? recordsFor(host, zone, store.zoneRecords(zone.id)) : [];
    const record = records.find(({ proxied }) => proxied);
    if (!record) {
        // Who comes with a name that DNS does not send here.
        return { status: 409, code: 1001 };
    }
    const tunnelId = /^(.+)\.cfargotunnel\.com$/.exec(record.content)?.[1];
    if (tunnelId === undefined) {
        // An origin somewhere on the internet: the lab has none.
        return { status: 523, code: 523 };
    }
    const tunnel = store.tunnels.get(tunnelId);
    return tunnel?.deleted_at === null ? tunnelId : { status: 530, code: 1016 };
}

function refuse(response: ServerResponse, { status, code }: Refusal): void {
    response.writeHead(status, { "content-type": "text/plain", server: "cloudflare" });
    response.end(`error code: ${code}\n`);
}

/** Passes a request on over a connection of the tunnel, streaming both ways. */
function forward(
    request: IncomingMessage,
    response: ServerResponse,
    connections: Connections,
    tunnelId: string,
): void {
    const connection = connections.pick(tunnelId);
    if (!connection) {
        refuse(response, { status: 530, code: 1033 });
        return;
    }
    const hasBody =
        request.headers["transfer-encoding"] !== undefined ||
        Number(request.headers["content-length"] ?? 0) > 0;
    const stream = connection.session.request(toConnector(request), { endStream: !hasBody });
    let answered = false;
    stream.on("response", (headers) => {
        answered = true;
        response.writeHead(headers[":status"] ?? 502, passedOn(headers, { server: "cloudflare" }));
        pipeline(stream, response, () => undefined);
    });
    stream.on("error", () => undefined);
    stream.on("close", () => {
        if (answered || response.destroyed) {
            return;
        }
        // The connection went away before the connector looked at the request: another one can take it.
        const untouched = stream.pending || stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
        if (untouched && !hasBody) {
            forward(request, response, connections, tunnelId);
        } else {
            refuse(response, { status: 502, code: 502 });
        }
    });
    // A visitor who leaves ends the request at the origin as well.
    response.on("close", () => {
        if (!response.writableFinished) {
            stream.close(constants.NGHTTP2_CANCEL);
        }
    });
    if (hasBody) {
        pipeline(request, stream, () => undefined);
    }
}

function toConnector(request: IncomingMessage): OutgoingHttpHeaders {
    const visitor = request.socket.remoteAddress ?? "unknown";
    return passedOn(request.headers, {
        ":method": request.method ?? "GET",
        ":path": request.url ?? "/",
        ":scheme": "https",
        ":authority": request.headers.host ?? "",
        "cf-connecting-ip": visitor,
        "cf-ray": `${randomBytes(8).toString("hex")}-LAB`,
        "x-forwarded-for": visitor,
        "x-forwarded-proto": "https",
    });
}

/** All headers but pseudo-headers, `host` and those of one connection; and the edge's own over them. */
function passedOn(headers: OutgoingHttpHeaders, own: OutgoingHttpHeaders): OutgoingHttpHeaders {
    const kept = Object.entries(headers).filter(
        ([name]) => !name.startsWith(":") && name !== "host" && !hopByHop.includes(name),
    );
    return { ...Object.fromEntries(kept), ...own };
}
