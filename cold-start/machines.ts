import type { Home } from "./home";
import type { Draft } from "./world";

/** Ids of what every home has. */
export const ids = {
    internet: "internet",
    edge: "cloudflare",
    api: "cloudflare-api",
    telegram: "telegram",
    dns: "dns",
    k3s: "k3s",
    clusterApi: "cluster-api",
    tunnel: "tunnel",
    up: "up",
} as const;

/** What every home leans on outside. */
export function addOutside(draft: Draft): void {
    draft.thing(ids.internet, "internet", "outside");
    draft.thing(ids.edge, "Cloudflare's edge", "outside");
    draft.need(ids.edge, ids.internet, "it is reached over the uplink", "");
}

/** Power, drives and k3s: a server's datastore needs most of the servers, an agent needs the servers. */
export function addMachines(draft: Draft, { pis }: Home): void {
    const servers = pis.filter(({ role }) => role === "server").map(({ name }) => nodeId(name));
    draft.thing(ids.k3s, "k3s", "cluster", unknownOf(pis.length, servers.length));
    for (const pi of pis) {
        const key = `nodes[${pi.index}]`;
        const host = draft.thing(piId(pi.name), pi.name, "house");
        const drive = draft.thing(`drive:${pi.name}`, `drive of ${pi.name}`, "house");
        draft.need(drive, host, "it hangs on it", `${key}.volume`);
        const node = draft.thing(nodeId(pi.name), `k3s on ${pi.name}`, "cluster");
        draft.need(node, drive, "it never starts on the bare card", `${key}.volume`);
        if (pi.role === "agent") {
            draft.need(node, ids.k3s, "an agent joins the servers", `${key}.role`);
        }
    }
    if (servers.length > 0) {
        const enough = Math.floor(servers.length / 2) + 1;
        const why = servers.length === 1 ? "it is the server" : "most of its servers must be there";
        draft.need(ids.k3s, servers, why, "nodes", { enough });
    }
}

/** A home's servers may be no Pis at all, and then are not under nodes. */
function unknownOf(pis: number, servers: number): string | undefined {
    if (pis === 0) {
        return "which Pis it runs on (rekindle:nodes)";
    }
    return servers === 0 ? "where its servers are (rekindle:nodes has agents only)" : undefined;
}

export const piId = (name: string) => `pi:${name}`;
export const nodeId = (name: string) => `node:${name}`;
