import { addressOf } from "../config/addresses";
import { serviceId, type Home } from "./home";
import { Hosts } from "./hosts";
import { addMachines, addOutside, ids } from "./machines";
import { addResolvers } from "./resolvers";
import { addServiceNeeds, addServices } from "./services";
import { addStores } from "./stores";
import type { World } from "./needs";
import { Draft } from "./world";

/** Writes down what needs what in a home: by rule from its values, and as its services declare. */
export function worldOf(home: Home): World {
    const open = home.services.filter(({ optional }) => optional === true);
    const draft = new Draft(open.map(({ id }) => id));
    // The order in which a circle's beginning is chosen: people look for `up`, the tunnel and dns first.
    draft.thing(ids.up, "up", "outside");
    draft.thing(ids.tunnel, "tunnel", "cluster");
    const hosts = new Hosts(draft, home);
    addResolvers(draft, hosts, home);
    addServices(draft, home);
    addOutside(draft);
    addMachines(draft, home);
    addTunnel(draft, hosts, home);
    for (const { hostname } of home.routes) {
        hosts.answering(hostname);
    }
    addAlerting(draft, hosts, home);
    addStores(draft, hosts, home);
    addServiceNeeds(draft, hosts, home);
    addRebuild(draft, hosts, home);
    return draft;
}

function addTunnel(draft: Draft, hosts: Hosts, { images, cloudflareUrl }: Home): void {
    const api = addressOf(cloudflareUrl);
    draft.thing(ids.api, "Cloudflare's API", "outside");
    if (api?.at === "host") {
        const isBehind = hosts.spot(api.host).is === "hostname";
        const to = isBehind ? hosts.answering(api.host) : ids.internet;
        draft.need(ids.api, to, `it is asked at ${api.host}`, "cloudflareUrl");
    }
    draft.need(ids.tunnel, ids.k3s, "its pods run in the cluster", "tunnel");
    const node = hosts.image(images.node, "images.node");
    draft.need(ids.tunnel, node, "its init container runs it", "images.node");
    const connector = hosts.image(images.cloudflared, "images.cloudflared");
    draft.need(ids.tunnel, connector, "its connector runs it", "images.cloudflared");
    draft.need(ids.tunnel, ids.edge, "its connectors join there", "tunnel");
    const why = "its init container puts the records right, and lets it start without";
    draft.need(ids.tunnel, ids.api, why, "cloudflareUrl", { optional: true });
}

function addAlerting(draft: Draft, hosts: Hosts, home: Home): void {
    const telegram = draft.thing(ids.telegram, "Telegram", "outside");
    draft.need(telegram, ids.internet, "it is outside the house", "");
    if (!home.hasChat) {
        return;
    }
    const alerting = draft.thing("alerting", "alerting", "cluster");
    draft.need(alerting, telegram, "messages go there", "telegram");
    const grafana = addressOf(home.grafanaUrl ?? "");
    if (grafana?.at === "host") {
        const evaluates = grafanaId(draft, hosts, grafana.host);
        draft.need(alerting, evaluates, "it evaluates the alerts", "grafana.url");
    }
    const runbooks = addressOf(home.runbooksUrl ?? "");
    if (runbooks?.at === "host") {
        const to = hosts.answering(runbooks.host);
        draft.need(alerting, to, "messages link there", "alerts.runbooks", { optional: true });
    }
    if (home.hasWatchdog) {
        const watchdog = draft.thing("watchdog", "dead man's switch", "outside");
        draft.need(watchdog, ids.edge, "it is a Worker there", "heartbeat");
        draft.need(watchdog, telegram, "it tells of the house's silence", "heartbeat");
    }
}

/** Grafana is asked on the LAN, at an address that does not tell what runs it. */
function grafanaId(draft: Draft, hosts: Hosts, host: string): string {
    const declared = serviceId("grafana");
    const { is } = hosts.spot(host);
    if (draft.things.has(declared) && is !== "hostname") {
        return declared;
    }
    if (is !== "pi" && is !== "lan") {
        return hosts.answering(host);
    }
    const unknown = "what it needs: it is not under services";
    if (draft.isNew(declared, "grafana", "house", unknown)) {
        draft.need(declared, hosts.answering(host), `it is at ${host}`, "grafana.url");
    }
    return declared;
}

/** What `pulumi up` needs on a destroyed house, besides its stores: and the tunnel is there only once `up` has made it. */
function addRebuild(draft: Draft, hosts: Hosts, home: Home): void {
    const rebuild = { when: "rebuild" } as const;
    draft.need(ids.up, ids.api, "it makes tunnel and records there", "cloudflareUrl", rebuild);
    draft.need(ids.up, ids.k3s, "it makes the pods there", "kubeconfig", rebuild);
    draft.need(
        ids.tunnel,
        ids.up,
        "a destroyed house has none until `up` made it",
        "tunnel",
        rebuild,
    );
    const behindTunnel = (host: string | undefined, why: string, key: string) => {
        if (host !== undefined && hosts.spot(host).is === "hostname") {
            draft.need(ids.up, hosts.answering(host), why, key, rebuild);
        }
    };
    behindTunnel(home.apiHost, "the cluster's API is asked there", "kubeconfig");
    if (home.apiHost === undefined) {
        const unknown = "where it is asked: the kubeconfig is a secret, which preview and up read";
        const asked = draft.thing(ids.clusterApi, "cluster's API", "unknown", unknown);
        draft.need(ids.up, asked, "it makes the pods there", "kubeconfig", rebuild);
    }
    for (const { index, name, address } of home.pis) {
        behindTunnel(address, `${name} is reached there by SSH`, `nodes[${index}].address`);
    }
    const grafana = addressOf(home.grafanaUrl ?? "");
    const host = grafana?.at === "host" ? grafana.host : undefined;
    behindTunnel(host, "it is asked while the tunnel is made", "grafana.url");
}
