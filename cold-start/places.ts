import { BlockList, isIP } from "node:net";
import { namesAsked } from "../config/look-ups";
import type { Home, Pi, Service } from "./home";
import { answering, placedInOrder, type Placed } from "./route-paths";

/** What a host is to the house. */
export type Spot =
    /** Behind the tunnel, by own routes or by those of a wildcard. */
    | { readonly is: "hostname"; readonly routes: readonly Placed[] }
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

/** Pods', by k3s's defaults and its documentation for IPv6. */
const podRanges = ["10.42.0.0/16", "2001:cafe:42::/56"];
/** Services', by the same. */
const serviceRange = { 4: "10.43.0.0/16", 6: "2001:cafe:43::/112" } as const;
const loopback = ranges(["127.0.0.0/8", "::1/128"]);
const lan = ranges([
    ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"],
    ...["fc00::/7", "fe80::/10"],
]);
export type Atlas = ReturnType<typeof atlas>;

/** Tells what each host is; hosts are in lower case and punycode. */
export function atlas(home: Home) {
    const { routes, services, pis, zones } = home;
    const ordered = placedInOrder(routes);
    const byHostname = grouped(ordered.map((each) => [each.route.hostname, each]));
    const routed = covering(
        [...byHostname].map(([name, own]): [string, Spot] => [
            name,
            { is: "hostname", routes: own },
        ]),
    );
    const byName = new Map(services.map((service) => [service.name.toLowerCase(), service]));
    const ownersOf = covering([
        ...grouped(
            services.flatMap((service) =>
                service.hostnames.map((name): [string, Service] => [name, service]),
            ),
        ),
    ]);
    const piOf = new Map(pis.flatMap((pi) => [[pi.address, pi] as const, [pi.name, pi] as const]));
    // A node's name may have dots: pi1.home.lan is pi1 to its neighbours, unless there are two of that.
    const shortOf = ({ name }: Pi) => name.replace(/\..*/, "");
    const shorts = new Map(pis.map((pi) => [shortOf(pi), pi]));
    for (const pi of pis.filter((each) => shorts.get(shortOf(each)) !== each)) {
        shorts.delete(shortOf(pi));
    }
    const rangeOf = ranger(clusterRanges(home));
    const domains = new Set(zones.map(({ domain }) => domain));

    const named = (host: string): Spot | undefined => {
        const own = byName.get(host);
        // `git.git` is short for git.git.svc, and no public name. Before a headless Service stands the pod: git-0.git.git.svc.
        const [, name = "", namespace = ""] =
            /^(?:[a-z0-9-]+\.)?([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.|$)/.exec(host) ??
            /^([a-z0-9-]+)\.(\1)$/.exec(host) ??
            [];
        // Charts name their Services after the release: gitea-http.gitea is gitea's.
        const release = name.startsWith(`${namespace}-`) ? byName.get(namespace) : undefined;
        const service = own ?? byName.get(`${namespace}/${name}`) ?? byName.get(name) ?? release;
        if (service) {
            return { is: "service", service };
        }
        return name === "" ? undefined : { is: "stranger", name, namespace };
    };
    const find = (host: string): Spot => {
        const [owner] = ownersOf(host) ?? [];
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
        return named(host) ?? (isLanName(host) ? onLan(host) : { is: inZone(host) });
    };
    // Routers call what they lease an address to by its own name: pi1.local, pi1.lan, pi1.fritz.box.
    const onLan = (host: string): Spot => {
        const short = host.replace(/\..*/, "");
        const pi = piOf.get(short) ?? shorts.get(short);
        return pi ? { is: "pi", pi } : { is: "lan" };
    };
    const inZone = (host: string) =>
        domains.has(host) || parents(host).some((each) => domains.has(each))
            ? "unrouted"
            : "outside";

    // Thousands of images come from a few hosts.
    const known = new Map<string, Spot>();
    const spotOf = (host: string): Spot => {
        const spot = known.get(host) ?? routed(host) ?? find(host);
        known.set(host, spot);
        return spot;
    };
    return {
        /** The services that say they have this hostname, itself or under a wildcard. */
        ownersOf: (host: string): readonly Service[] => ownersOf(host) ?? [],
        /** The routes that may answer a request for a path of a host. */
        answering: (host: string, path: string) => answering(ordered, host, path),
        spot: spotOf,
        /** The same for the connector: the first of the names that its pod asks for at which something is known to be. */
        spotBehind: (host: string): Spot => {
            const isWhole = isIP(host) !== 0 || /\.svc(\.|$)/.test(host);
            const asked = isWhole ? [host] : namesAsked(host);
            const spots = asked.map((name) => (name === host ? spotOf(name) : named(name)));
            const isKnown = (spot: Spot | undefined) =>
                spot !== undefined && spot.is !== "outside" && spot.is !== "stranger";
            return spots.find(isKnown) ?? spots.find((spot) => spot !== undefined) ?? spotOf(host);
        },
    };
}

/** Finds the entry of a name, or that of the nearest wildcard over it: cloudflared's cover names at any depth. */
function covering<T>(entries: readonly (readonly [string, T])[]): (name: string) => T | undefined {
    const exact = new Map(entries);
    if (!entries.some(([name]) => name.startsWith("*."))) {
        return (name) => exact.get(name);
    }
    return (name) => {
        const parent = parents(name).find((each) => exact.has(`*.${each}`));
        return exact.get(name) ?? exact.get(`*.${parent ?? ""}`);
    };
}

/** What is given for each name, in the order in which it is given. */
function grouped<T>(entries: readonly (readonly [string, T])[]): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const [name, value] of entries) {
        const group = groups.get(name) ?? [];
        group.push(value);
        groups.set(name, group);
    }
    return groups;
}

/** The names above one: `b.c` and `c` for `a.b.c`. */
function parents(name: string): string[] {
    const labels = name.split(".");
    return labels.slice(1).map((_, index) => labels.slice(index + 1).join("."));
}

function ranger(cluster: BlockList) {
    return (address: string): "cluster" | "loopback" | "lan" | "outside" => {
        const family = isIP(address) === 4 ? "ipv4" : "ipv6";
        if (loopback.check(address, family)) {
            return "loopback";
        }
        if (cluster.check(address, family)) {
            return "cluster";
        }
        return lan.check(address, family) ? "lan" : "outside";
    };
}

/**
 * The cluster's own ranges. Of the Services' only the DNS's address is known: theirs is as large as k3s makes it by default around that,
 * but never so large that a Pi is in it.
 */
function clusterRanges({ clusterDns, pis }: Pick<Home, "clusterDns" | "pis">): BlockList {
    const own = clusterDns
        .filter((address) => !address.startsWith("169.254."))
        .map((address) => {
            const around = (bits: number) => `${address}/${bits}`;
            const sizes = isIP(address) === 4 ? [16, 20, 24] : [112];
            const hasPi = (bits: number) => {
                const block = ranges([around(bits)]);
                return pis.some(({ address: pi }) => {
                    const family = isIP(pi);
                    return family !== 0 && block.check(pi, family === 4 ? "ipv4" : "ipv6");
                });
            };
            return around(sizes.find((bits) => !hasPi(bits)) ?? (isIP(address) === 4 ? 32 : 128));
        });
    const families = new Set(own.map((range) => isIP(range.replace(/\/.*/, ""))));
    // With IPv4 alone the other family may be there all the same: one address is enough for the pods.
    const usual = [
        ...(families.size === 0 ? [serviceRange[4]] : []),
        ...(families.has(6) ? [] : [serviceRange[6]]),
    ];
    return ranges([...podRanges, ...own, ...usual]);
}

/** Names that no public DNS has (RFC 6762, 8375, ICANN's .internal, what routers use), and those of a tailnet, whose ranges are ours too. */
function isLanName(host: string): boolean {
    return (
        !host.includes(".") ||
        /(^|\.)(local|lan|home\.arpa|internal|intranet|private|corp|home|localdomain|fritz\.box|ts\.net)$/.test(
            host,
        )
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
