import { imageHost, plainHost } from "../config-addresses";
import { isPart, serviceId, type Home, type Service } from "./home";
import type { Hosts } from "./hosts";
import { ids, nodeId } from "./machines";
import { storeId } from "./stores";
import type { Draft } from "./world";

/** The declared services. */
export function addServices(draft: Draft, { services }: Home): void {
    for (const { name, needs } of services) {
        const id = serviceId(name);
        if (!isPart(id)) {
            draft.thing(id, name, "cluster", needs ? {} : { unknown: "what it needs" });
        }
    }
}

/** What they need: the cluster, their image, and what they say. */
export function addServiceNeeds(draft: Draft, hosts: Hosts, home: Home): void {
    const find = finder(draft, hosts, home);
    home.services.forEach((service, index) => {
        const { name, needs = [], optional } = service;
        const key = `services[${index}]`;
        const id = serviceId(name);
        const fails = new Set(Array.isArray(optional) ? (optional as string[]).map(plainHost) : []);
        const own = service.image === undefined ? "" : imageHost(service.image);
        const openImage = fails.has("image") || fails.has(own);
        if (!isPart(id)) {
            draft.need(id, ids.k3s, "it runs in the cluster", key);
        }
        if (service.image !== undefined || !isPart(id)) {
            const image = imageOf(hosts, service, `${key}.image`);
            draft.need(id, image, "its pod runs it", `${key}.image`, { optional: openImage });
        }
        const named = new Set(needs.map(plainHost));
        needs.forEach((need, place) => {
            const kind = { optional: fails.has(plainHost(need)) };
            draft.need(id, find(need), "it says so", `${key}.needs[${place}]`, kind);
        });
        // Listed here alone, they are needed as well, and never waited for.
        const others = [...fails].filter((each) => !named.has(each) && each !== "image");
        for (const need of others.filter((each) => each !== own)) {
            draft.need(id, find(need), "it says so", `${key}.optional`, { optional: true });
        }
    });
}

const imageOf = (hosts: Hosts, { name, image }: Service, key: string) =>
    image === undefined ? hosts.untoldImage(name, key) : hosts.image(image, key);

/** Finds what a service means by the name of a need. */
function finder(draft: Draft, hosts: Hosts, { services, pis }: Home): (need: string) => string {
    const declared = new Set(services.map(({ name }) => serviceId(name)));
    const places = new Set(pis.map(({ name }) => name));
    const known: Readonly<Record<string, string>> = {
        ...ids,
        cloudflare: ids.edge,
        "cloudflare-api": ids.api,
        ...{ git: storeId("git"), state: storeId("state"), secrets: storeId("secrets") },
    };
    return (need) => {
        const name = plainHost(need);
        if (declared.has(serviceId(name))) {
            return serviceId(name);
        }
        if (name === "grafana" || name === "alerting") {
            const id = serviceId(name);
            return draft.thing(id, name, "unknown", { unknown: "where it is" });
        }
        return known[name] ?? (places.has(name) ? nodeId(name) : hosts.answering(name));
    };
}
