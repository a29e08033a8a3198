import type { ClientHttp2Session } from "node:http2";
import type { Store, StoredTunnel } from "./store";

/** One of the connections that a connector holds to the edge. */
export interface Connection {
    readonly id: string;
    readonly tunnelId: string;
    /** Made anew by each connector process. */
    readonly connectorId: string;
    /** 0 to 3: each connector holds four. */
    readonly index: number;
    readonly version: string;
    readonly originIp: string;
    readonly openedAt: string;
    /** The connector is the HTTP/2 server on the connection that it dialled, the edge is the client. */
    readonly session: ClientHttp2Session;
}

/** cloudflared's number of connections to the edge (its `ha-connections`). */
const connectionsPerConnector = 4;

/** Who is connected at this moment. A connection in here gets requests. */
export class Connections {
    private readonly live = new Map<string, Connection>();
    private turn = 0;

    constructor(private readonly store: Store) {}

    /** Takes a connection in. One of the same connector and index is an old one that nobody saw die: it goes. */
    add(connection: Connection): void {
        for (const old of this.of(connection.tunnelId)) {
            if (old.connectorId === connection.connectorId && old.index === connection.index) {
                this.live.delete(old.id);
                old.session.destroy();
            }
        }
        this.live.set(connection.id, connection);
        this.note(connection.tunnelId);
    }

    /** Takes it out, so that it gets no further request; those under way go on. */
    remove(connection: Connection): void {
        if (this.live.delete(connection.id)) {
            this.note(connection.tunnelId);
        }
    }

    of(tunnelId: string): Connection[] {
        return [...this.live.values()].filter((each) => each.tunnelId === tunnelId);
    }

    /** The connection whose turn it is among those that can take a request. */
    pick(tunnelId: string): Connection | undefined {
        const usable = this.of(tunnelId).filter(
            ({ session }) => !session.closed && !session.destroyed,
        );
        this.turn += 1;
        return usable[this.turn % usable.length];
    }

    /** Cuts the connections of a tunnel, or of one of its connectors. */
    drop(tunnelId: string, connectorId?: string): void {
        for (const connection of this.of(tunnelId)) {
            if (connection.connectorId === (connectorId ?? connection.connectorId)) {
                this.remove(connection);
                connection.session.destroy();
            }
        }
    }

    /** Cloudflare's four states of a tunnel. */
    status({ id, everConnected }: StoredTunnel): "healthy" | "degraded" | "down" | "inactive" {
        const connections = this.of(id);
        if (connections.length === 0) {
            return everConnected ? "down" : "inactive";
        }
        const connectors = new Set(connections.map(({ connectorId }) => connectorId)).size;
        return connections.length < connectors * connectionsPerConnector ? "degraded" : "healthy";
    }

    /** Keeps the tunnel's "active since" and "inactive since". */
    private note(tunnelId: string): void {
        const tunnel = this.store.tunnels.get(tunnelId);
        const active = this.of(tunnelId).length > 0;
        if (!tunnel || active === (tunnel.conns_active_at !== null)) {
            return;
        }
        const now = new Date().toISOString();
        this.store.setTunnel({
            ...tunnel,
            conns_active_at: active ? now : null,
            conns_inactive_at: active ? null : now,
            everConnected: true,
        });
    }
}
