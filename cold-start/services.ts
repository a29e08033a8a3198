import { imageHost, plainHost } from "../config-addresses";
import { isPart, serviceId, type Home, type Service } from "./home";
import type { Hosts } from "./hosts";
import { ids, nodeId } from "./machines";
import { storeId } from "./stores";
import type { Draft } from "./world";

/** The declared services. */
export function addServices(draft: Draft, { services }: Home): void {
    for (const { id, name, needs } of services) {
        if (!isPart(id)) {
            draft.thing(id, name, "cluster", needs ? undefined : "what it needs");
        }
    }
}

/** What they need: the cluster, their image, and what they say. */
export function addServiceNeeds(draft: Draft, hosts: Hosts, home: Home): void {
    const find = finder(draft, hosts, home);
    home.services.forEach((service, index) => {
        const { id, needs = [], optional } = service;
        const key = `services[${index}]`;
        const fails = typeof optional === "boolean" ? [] : optional.map(plainHost);
        const own = service.image === undefined ? "" : imageHost(service.image);
        if (!isPart(id)) {
            draft.need(id, ids.k3s, "it runs in the cluster", key);
        }
        if (service.image !== undefined || !isPart(id)) {
            const image = imageOf(hosts, service, `${key}.image`);
            const open = fails.includes("image") || fails.includes(own);
            draft.need(id, image, "its pod runs it", `${key}.image`, { optional: open });
        }
        const named = needs.map(plainHost);
        named.forEach((need, place) => {
            const open = fails.includes(need);
            draft.need(id, find(need), "it says so", `${key}.needs[${place}]`, { optional: open });
        });
        // Listed here alone, they are needed as well, and never waited for.
        for (const need of fails) {
            if (!named.includes(need) && need !== "image" && need !== own) {
                draft.need(id, find(need), "it says so", `${key}.optional`, { optional: true });
            }
        }
    });
}

const imageOf = (hosts: Hosts, { name, image }: Service, key: string) =>
    image === undefined ? hosts.untoldImage(name, key) : hosts.image(image, key);

/** Finds what a service means by the name of a need, in lower case and punycode. */
function finder(draft: Draft, hosts: Hosts, { services, pis }: Home): (need: string) => string {
    const declared = new Map(services.map(({ name, id }) => [name.toLowerCase(), id]));
    const places = new Set(pis.map(({ name }) => name));
    const known: Readonly<Record<string, string>> = {
        ...ids,
        cloudflare: ids.edge,
        "cloudflare-api": ids.api,
        ...{ git: storeId("git"), state: storeId("state"), secrets: storeId("secrets") },
    };
    return (name) => {
        const service = declared.get(name);
        if (service !== undefined) {
            return service;
        }
        if (name === "grafana" || name === "alerting") {
            return draft.thing(serviceId(name), name, "unknown", "where it is");
        }
        return known[name] ?? (places.has(name) ? nodeId(name) : hosts.answering(name));
    };
}
