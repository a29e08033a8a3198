import type { Alerting } from "../config/alerting";
import { plainHost } from "../config/addresses";
import type { Values } from "../config/schema";
import type { Service as DeclaredService } from "../config/surroundings";

export interface Service extends DeclaredService {
    /** Of the thing that it describes. */
    readonly id: string;
}
export interface Pi {
    /** Its place in `rekindle:nodes`. */
    readonly index: number;
    readonly name: string;
    /** As DNS compares it. */
    readonly address: string;
    readonly role: "server" | "agent";
    /** Its own; undefined where it asks those of the home. */
    readonly resolvers?: readonly string[] | undefined;
}
export interface Route {
    readonly hostname: string;
    /** Undefined where it has every path that no other route of its hostname has. */
    readonly path?: string | undefined;
    readonly service: string;
}

/** All of a home's configuration that decides whether it comes back. No secret is in it. */
export interface Home {
    readonly zones: readonly { readonly domain: string }[];
    readonly routes: readonly Route[];
    readonly images: { readonly cloudflared: string; readonly node: string };
    readonly pis: readonly Pi[];
    readonly services: readonly Service[];
    /** Whom the Pis ask for names; empty where nobody told. */
    readonly resolvers: readonly string[];
    /** Where the cluster's DNS answers. */
    readonly clusterDns: readonly string[];
    readonly cloudflareUrl: string;
    /** Host of the cluster's API as the kubeconfig has it; undefined where it cannot be read. */
    readonly apiHost: string | undefined;
    /** Undefined without alerting, as are the next two. */
    readonly grafanaUrl: string | undefined;
    readonly runbooksUrl: string | undefined;
    readonly hasChat: boolean;
    readonly hasWatchdog: boolean;
    /** Empty where nobody told. */
    readonly stateUrl: string;
    readonly gitUrl: string;
    readonly secretsUrl: string;
}

/** The keys of the configuration that it is made from. */
export type Told = Pick<
    Values,
    | "zones"
    | "routes"
    | "images"
    | "services"
    | "resolvers"
    | "clusterDns"
    | "cloudflareUrl"
    | "stateUrl"
    | "gitUrl"
    | "secretsUrl"
> & {
    readonly nodes: readonly Pick<
        Values["nodes"][number],
        "name" | "address" | "role" | "resolvers"
    >[];
    readonly alerting: Alerting | undefined;
    readonly apiHost: string | undefined;
};

export function homeOf(config: Told): Home {
    const { alerting, nodes } = config;
    return {
        zones: config.zones,
        routes: config.routes,
        images: config.images,
        pis: nodes.map(({ name, address, role, resolvers }, index) => ({
            ...{ index, name, address: plainHost(address), role },
            // An empty list tells nothing: it is no Pi that needs no resolver.
            resolvers: resolvers?.length === 0 ? undefined : resolvers,
        })),
        services: config.services.map((each) => ({ ...each, id: serviceId(each.name) })),
        resolvers: config.resolvers,
        clusterDns: config.clusterDns,
        cloudflareUrl: config.cloudflareUrl,
        apiHost: config.apiHost,
        grafanaUrl: alerting?.grafana?.url,
        runbooksUrl: alerting?.alerts.runbooks,
        hasChat: alerting !== undefined,
        hasWatchdog: alerting?.heartbeat !== undefined,
        stateUrl: config.stateUrl,
        gitUrl: config.gitUrl,
        secretsUrl: config.secretsUrl,
    };
}

/** A service that names a part of the house describes that part. */
export function serviceId(name: string): string {
    const id = name.toLowerCase();
    return isPart(id) ? id : `service:${id}`;
}
export const isPart = (name: string) => ["tunnel", "k3s", "alerting"].includes(name);
