import { randomUUID } from "node:crypto";
import type { FastifyPluginCallback, FastifyRequest } from "fastify";
import * as z from "zod";
import { notPermitted } from "./auth";
import type { Connections } from "./connections";
import { ApiError, paged, read, success } from "./envelope";
import { listQuery } from "./query";
import type { Store, StoredTunnel } from "./store";

type AccountRequest = FastifyRequest<{ Params: { account: string } }>;
type TunnelRequest = FastifyRequest<{ Params: { account: string; id: string } }>;

const name = z.string().min(1).max(100);
const secret = z
    .base64()
    .refine((text) => Buffer.from(text, "base64").length >= 32, "at least 32 bytes in base64");
const createSchema = z.strictObject({
    name,
    config_src: z.enum(["local", "cloudflare"]).default("local"),
    tunnel_secret: secret,
});
const patchSchema = z.strictObject({ name: name.optional(), tunnel_secret: secret.optional() });

export interface TunnelRouteOptions {
    readonly store: Store;
    readonly connections: Connections;
    /** The only account there is. */
    readonly accountId: string;
}

/** Tunnels of the one account: below /accounts/:account/cfd_tunnel. */
export function tunnelRoutes({
    store,
    connections,
    accountId,
}: TunnelRouteOptions): FastifyPluginCallback {
    return (app, _options, done) => {
        app.addHook("onRequest", (request: AccountRequest, _reply, next) => {
            if (request.token.tunnels !== true || request.params.account !== accountId) {
                next(notPermitted());
                return;
            }
            next();
        });
        const view = (tunnel: StoredTunnel) => tunnelView(tunnel, connections);
        const find = (request: TunnelRequest): StoredTunnel => {
            const tunnel = store.tunnels.get(request.params.id);
            if (!tunnel) {
                throw new ApiError(404, 1002, "Tunnel not found");
            }
            return tunnel;
        };
        /** A deleted tunnel can still be read, but no longer be changed. */
        const alive = (request: TunnelRequest): StoredTunnel => {
            const tunnel = find(request);
            if (tunnel.deleted_at !== null) {
                throw new ApiError(404, 1002, "Tunnel not found");
            }
            return tunnel;
        };
        const assertFree = (wanted: string | undefined, own?: string) => {
            for (const tunnel of store.tunnels.values()) {
                if (tunnel.name === wanted && tunnel.deleted_at === null && tunnel.id !== own) {
                    throw new ApiError(409, 1013, "You already have a tunnel with this name.");
                }
            }
        };

        app.post("/", (request: AccountRequest) => {
            const body = read(createSchema, request.body, 1001, "Invalid tunnel");
            assertFree(body.name);
            const now = new Date().toISOString();
            const tunnel: StoredTunnel = {
                id: randomUUID(),
                account_tag: accountId,
                ...body,
                created_at: now,
                deleted_at: null,
                conns_active_at: null,
                conns_inactive_at: now,
                everConnected: false,
            };
            store.setTunnel(tunnel);
            return success(view(tunnel));
        });

        app.get("/", (request: AccountRequest) => {
            const { page, filters } = listQuery(request.query, ["name", "uuid", "is_deleted"]);
            const is = (filter: string, value: string) => (filters.get(filter) ?? value) === value;
            const tunnels = [...store.tunnels.values()].filter(
                (tunnel) =>
                    is("name", tunnel.name) &&
                    is("uuid", tunnel.id) &&
                    is("is_deleted", String(tunnel.deleted_at !== null)),
            );
            return paged(tunnels.map(view), page);
        });

        app.get("/:id", (request: TunnelRequest) => success(view(find(request))));

        app.patch("/:id", (request: TunnelRequest) => {
            const tunnel = alive(request);
            const change = read(patchSchema, request.body, 1001, "Invalid tunnel");
            assertFree(change.name, tunnel.id);
            const changed: StoredTunnel = {
                ...tunnel,
                name: change.name ?? tunnel.name,
                tunnel_secret: change.tunnel_secret ?? tunnel.tunnel_secret,
            };
            store.setTunnel(changed);
            return success(view(changed));
        });

        app.delete("/:id", (request: TunnelRequest) => {
            const tunnel = alive(request);
            if (connections.of(tunnel.id).length > 0) {
                const message = "Cannot delete tunnel because it has active connections";
                throw new ApiError(400, 1022, message);
            }
            const deleted = { ...tunnel, deleted_at: new Date().toISOString() };
            store.setTunnel(deleted);
            return success(view(deleted));
        });

        app.get("/:id/token", (request: TunnelRequest) => {
            const { account_tag: a, id: t, tunnel_secret: s } = alive(request);
            return success(Buffer.from(JSON.stringify({ a, t, s })).toString("base64"));
        });

        app.delete("/:id/connections", (request: TunnelRequest) => {
            const { client_id } = z
                .object({ client_id: z.string().optional() })
                .parse(request.query);
            connections.drop(alive(request).id, client_id);
            return success({});
        });
        done();
    };
}

/** A tunnel as the API gives it out: never its secret. */
export function tunnelView(tunnel: StoredTunnel, connections: Connections) {
    return {
        id: tunnel.id,
        account_tag: tunnel.account_tag,
        name: tunnel.name,
        config_src: tunnel.config_src,
        created_at: tunnel.created_at,
        deleted_at: tunnel.deleted_at,
        conns_active_at: tunnel.conns_active_at,
        conns_inactive_at: tunnel.conns_inactive_at,
        tun_type: "cfd_tunnel",
        remote_config: tunnel.config_src === "cloudflare",
        status: connections.status(tunnel),
        connections: connections.of(tunnel.id).map((connection) => ({
            id: connection.id,
            client_id: connection.connectorId,
            client_version: connection.version,
            colo_name: "lab01",
            is_pending_reconnect: false,
            opened_at: connection.openedAt,
            origin_ip: connection.originIp,
        })),
        metadata: {},
    };
}
export type Tunnel = ReturnType<typeof tunnelView>;
