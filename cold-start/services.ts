import { imageHost, neededHost } from "../config/addresses";
import { isPart, serviceId, type Home, type Service } from "./home";
import type { Hosts } from "./hosts";
import { ids, nodeId, piId } from "./machines";
import { storeId } from "./stores";
import { labelOf } from "./words";
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
        const fails = typeof optional === "boolean" ? [] : optional.map(neededHost);
        const own = service.image === undefined ? "" : imageHost(service.image);
        if (!isPart(id)) {
            draft.need(id, ids.k3s, "it runs in the cluster", key);
        }
        if (service.image !== undefined || !isPart(id)) {
            const image = imageOf(hosts, service, `${key}.image`);
            const open = fails.includes("image") || fails.includes(own);
            draft.need(id, image, "its pod runs it", `${key}.image`, { optional: open });
        }
        const called = (need: string) => labelOf(draft, find(need, id));
        // By what people call them: who starts without git starts without git.home.example, which git answers.
        const without = new Set(fails.filter((need) => need !== "image").map(called));
        const named = needs.map(neededHost);
        named.forEach((need, place) => {
            const open = without.size > 0 && without.has(called(need));
            draft.need(id, find(need, id), "it says so", `${key}.needs[${place}]`, {
                optional: open,
                called: needs[place],
            });
        });
        // Listed here alone, they are needed as well, and never waited for.
        const needed = new Set(without.size > 0 ? named.map(called) : []);
        for (const need of fails) {
            if (need !== "image" && need !== own && !needed.has(called(need))) {
                draft.need(id, find(need, id), "it says so", `${key}.optional`, { optional: true });
            }
        }
    });
}

const imageOf = (hosts: Hosts, { name, image }: Service, key: string) =>
    image === undefined ? hosts.untoldImage(name, key) : hosts.image(image, key);

/** Finds what a service means by the name of a need, in lower case and punycode. */
function finder(draft: Draft, hosts: Hosts, { services, pis }: Home) {
    const declared = new Map(services.map(({ name, id }) => [name.toLowerCase(), id]));
    const places = new Set(pis.map(({ name }) => name));
    const known: Readonly<Record<string, string>> = {
        ...ids,
        cloudflare: ids.edge,
        "cloudflare-api": ids.api,
        ...{ git: storeId("git"), state: storeId("state"), secrets: storeId("secrets") },
    };
    return (name: string, of: string): string => {
        const service = declared.get(name);
        if (service !== undefined) {
            return service;
        }
        if (name === "grafana" || name === "alerting") {
            return draft.thing(serviceId(name), name, "unknown", "where it is");
        }
        if (places.has(name)) {
            // Of k3s itself the Pi alone, an NFS export on it say: its agent comes after k3s.
            return of === ids.k3s ? piId(name) : nodeId(name);
        }
        const [, short = ""] = /^([a-z0-9-]+)\.[a-z0-9-]+$/.exec(name) ?? [];
        if (declared.has(short) && hosts.spot(name).is === "outside") {
            const unknown = `whether it is ${short} in the cluster, or a host outside`;
            return draft.thing(`perhaps:${name}`, name, "unknown", unknown);
        }
        return known[name] ?? hosts.answering(name);
    };
}
