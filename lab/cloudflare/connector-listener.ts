import { randomUUID } from "node:crypto";
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import { createInterface } from "node:readline";
import { createServer, type TLSSocket } from "node:tls";
import * as z from "zod";
import { tlsOptions } from "./certificates";
import type { Connection, Connections } from "./connections";
import { listen, type Endpoint, type Listener } from "./listener";
import type { Store } from "./store";
import type { EdgeParts } from "./visitor-listener";

/** The name that cloudflared's http2 protocol expects in the edge's certificate. */
const edgeName = "h2.cftunnel.com";
/** A connector that lost its power says nothing: one that leaves a ping unanswered this long is gone. */
const pingSeconds = 5;

const controlSchema = z.union([
    z.object({
        register: z.object({
            accountTag: z.string(),
            tunnelId: z.string(),
            secret: z.string(),
            connectorId: z.string(),
            index: z.int(),
            version: z.string(),
        }),
    }),
    z.object({ unregister: z.literal(true) }),
]);
type Registration = Extract<z.output<typeof controlSchema>, { register: unknown }>["register"];

/**
 * The edge's port for connectors. As with cloudflared's http2 protocol, the connector dials and the edge is the HTTP/2
 * client on that connection. On a control stream the connector registers and unregisters; cloudflared speaks Cap'n
 * Proto there, the stand-ins lines of JSON (lab/connector/register.go is the other end).
 */
export async function listenForConnectors(
    endpoint: Endpoint,
    { store, connections, faults }: EdgeParts,
): Promise<Listener> {
    const tls = await tlsOptions(() => [edgeName], faults, "edge");
    const server = createServer({ ...tls, ALPNProtocols: ["h2"] }, (socket) => {
        const session = connect(`https://${edgeName}`, { createConnection: () => socket });
        // Told by "close", which always follows.
        session.on("error", () => undefined);
        serveControl(session, socket, store, connections);
    });
    return listen(server, endpoint, faults, "edge");
}

function serveControl(
    session: ClientHttp2Session,
    socket: TLSSocket,
    store: Store,
    connections: Connections,
): void {
    const originIp = socket.remoteAddress ?? "unknown";
    const stopPings = keepAlive(session);
    const control = session.request(
        { ":method": "POST", "cf-cloudflared-proxy-connection-upgrade": "control-stream" },
        { endStream: false },
    );
    control.on("error", () => undefined);
    let connection: Connection | undefined;
    session.on("close", () => {
        stopPings();
        if (connection) {
            connections.remove(connection);
        }
    });
    const lines = createInterface({ input: control });
    // It tells the stream's errors again, such as a connector whose network went away; the session's end follows.
    lines.on("error", () => undefined);
    lines.on("line", (line) => {
        const message = parseControl(line);
        if (message === undefined) {
            answer(control, "not a message of the stand-in's registration protocol");
            session.close();
        } else if ("unregister" in message) {
            // No new request from here on; those under way are finished, then the session ends.
            if (connection) {
                connections.remove(connection);
            }
            answer(control);
            control.end();
            session.close();
        } else {
            const refusal = refuse(message.register, store);
            if (refusal !== undefined) {
                answer(control, refusal);
                control.end();
                session.close();
                return;
            }
            const { tunnelId, connectorId, index, version } = message.register;
            const openedAt = new Date().toISOString();
            connection = {
                id: randomUUID(),
                tunnelId,
                connectorId,
                index,
                version,
                originIp,
                openedAt,
                session,
            };
            connections.add(connection);
            answer(control);
        }
    });
}

/** Why a connector may not register; undefined when it may. The texts are the edge's own. */
function refuse({ accountTag, tunnelId, secret }: Registration, store: Store): string | undefined {
    const tunnel = store.tunnels.get(tunnelId);
    if (!tunnel || tunnel.deleted_at !== null || tunnel.account_tag !== accountTag) {
        return "Unauthorized: Tunnel not found";
    }
    return tunnel.tunnel_secret === secret ? undefined : "Unauthorized: Invalid tunnel secret";
}

function answer(control: ClientHttp2Stream, error = ""): void {
    control.write(`${JSON.stringify({ error })}\n`);
}

function parseControl(line: string): z.output<typeof controlSchema> | undefined {
    try {
        return controlSchema.parse(JSON.parse(line));
    } catch {
        return undefined;
    }
}

/** Destroys a session whose other end no longer answers. */
function keepAlive(session: ClientHttp2Session): () => void {
    let answered = true;
    const timer = setInterval(() => {
        // It may be so for a while before it tells that it is closed, and a ping would then throw.
        if (session.destroyed) {
            return;
        }
        if (!answered) {
            session.destroy();
            return;
        }
        answered = false;
        session.ping((error) => {
            answered = error === null;
        });
    }, pingSeconds * 1000);
    return () => {
        clearInterval(timer);
    };
}
