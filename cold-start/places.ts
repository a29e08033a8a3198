import { BlockList, isIP } from "node:net";
import type { Home, Pi, Route, Service } from "./home";

/** What a host is to the house. */
export type Spot =
    /** Behind the tunnel, by an own route or by a wildcard's. */
    | { readonly is: "hostname"; readonly route: Route; readonly index: number }
    | { readonly is: "service"; readonly service: Service }
    /** A service of the cluster that nobody declared, by its name and namespace. */
    | { readonly is: "stranger"; readonly name: string; readonly namespace: string }
    /** An address of the cluster's own ranges. */
    | { readonly is: "cluster" }
    | { readonly is: "pi"; readonly pi: Pi }
    /** Each Pi itself. */
    | { readonly is: "loopback" }
    | { readonly is: "lan" }
    /** In one of our zones, and no route has it. */
    | { readonly is: "unrouted" }
    | { readonly is: "outside" };

/** k3s's own ranges, and those that its documentation gives for IPv6. */
const cluster = ranges(["10.42.0.0/16", "10.43.0.0/16", "2001:cafe:42::/56", "2001:cafe:43::/112"]);
const loopback = ranges(["127.0.0.0/8", "::1/128"]);
const lan = ranges([
    ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"],
    ...["fc00::/7", "fe80::/10"],
]);
/** Where k3s's CoreDNS answers. */
export const clusterDns = "10.43.0.10";

/** Tells what each host is; hosts are in lower case and punycode. */
export function atlas(home: Home) {
    const { routes, services, pis, zones } = home;
    const exact = new Map(routes.map((route, index) => [route.hostname, { route, index }]));
    const byName = new Map(services.map((service) => [service.name.toLowerCase(), service]));
    const owners = new Map(
        services.flatMap((service) => service.hostnames.map((name) => [name, service] as const)),
    );
    const piOf = new Map(
        pis.flatMap((pi) => [
            [pi.address.toLowerCase(), pi] as const,
            ...[pi.name, `${pi.name}.local`].map((name) => [name, pi] as const),
        ]),
    );
    const domains = new Set(zones.map(({ domain }) => domain));

    const named = (host: string): Spot | undefined => {
        const [, name = "", namespace = ""] =
            /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.|$)/.exec(host) ?? [];
        const labels = host.split(".");
        // Whole names may have dots; `git.git` is short for git.git.svc where there is such a service.
        const service =
            byName.get(host) ??
            (name === "" && labels.length !== 2 ? undefined : byName.get(labels[0] ?? "")) ??
            byName.get(`${namespace}/${name}`) ??
            byName.get(namespace);
        if (service) {
            return { is: "service", service };
        }
        return name === "" ? undefined : { is: "stranger", name, namespace };
    };

    return {
        /** The service that says it has this hostname, itself or under a wildcard. */
        ownerOf: (hostname: string): Service | undefined => covering(owners, hostname),
        spot: (host: string): Spot => {
            const route = covering(exact, host);
            if (route) {
                return { is: "hostname", ...route };
            }
            const owner = covering(owners, host);
            if (owner) {
                return { is: "service", service: owner };
            }
            const pi = piOf.get(host);
            if (pi) {
                return { is: "pi", pi };
            }
            if (isIP(host) !== 0) {
                return { is: rangeOf(host) };
            }
            if (host === "localhost") {
                return { is: "loopback" };
            }
            if (host.endsWith(".cluster.local") && !host.includes(".svc.")) {
                return { is: "cluster" };
            }
            return (
                named(host) ?? {
                    is: isLanName(host)
                        ? "lan"
                        : covered(host).some((each) => domains.has(each))
                          ? "unrouted"
                          : "outside",
                }
            );
        },
    };
}

/** The entry of a name, or that of the nearest wildcard over it: cloudflared's cover names at any depth. */
function covering<T>(entries: ReadonlyMap<string, T>, name: string): T | undefined {
    const own = entries.get(name);
    if (own !== undefined || entries.size === 0) {
        return own;
    }
    for (const parent of covered(name).slice(1)) {
        const wildcard = entries.get(`*.${parent}`);
        if (wildcard !== undefined) {
            return wildcard;
        }
    }
    return undefined;
}

/** A name and those above it: `a.b.c`, `b.c`, `c`. */
function covered(name: string): string[] {
    const labels = name.split(".");
    return labels.map((_, index) => labels.slice(index).join("."));
}

function rangeOf(address: string): "cluster" | "loopback" | "lan" | "outside" {
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (loopback.check(address, family)) {
        return "loopback";
    }
    if (cluster.check(address, family)) {
        return "cluster";
    }
    return lan.check(address, family) ? "lan" : "outside";
}

/** Names that no public DNS has (RFC 6762, 8375, ICANN's .internal, and what routers use). */
function isLanName(host: string): boolean {
    return (
        !host.includes(".") ||
        /\.(local|lan|home\.arpa|internal|home|localdomain|fritz\.box)$/.test(host)
    );
}

function ranges(list: readonly string[]): BlockList {
    const blocks = new BlockList();
    for (const range of list) {
        const [address = "", bits = ""] = range.split("/");
        blocks.addSubnet(address, Number(bits), isIP(address) === 4 ? "ipv4" : "ipv6");
    }
    return blocks;
}
