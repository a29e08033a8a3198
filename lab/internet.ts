import { readFileSync } from "node:fs";
import { join } from "node:path";
import { labCa } from "./ca";
import { startApi } from "./cloudflare/api";
import type { ApiToken } from "./cloudflare/auth";
import { tlsOptions } from "./cloudflare/certificates";
import { Connections } from "./cloudflare/connections";
import { startEdge } from "./cloudflare/edge";
import { Faults } from "./cloudflare/faults";
import type { Endpoint } from "./cloudflare/listener";
import { Store, type Zone } from "./cloudflare/store";
import { internet, resolvers } from "./facts";
import { startControl } from "./internet-control";
import { internetSocket, runRoot } from "./paths";
import { Polls } from "./poll";
import { startResolver } from "./resolver";
import { labSecrets } from "./secrets";
import { stackZones } from "./stack-zones";

export interface InternetOptions {
    readonly zones: readonly Zone[];
    readonly tokens: readonly ApiToken[];
    readonly api: Endpoint & { readonly name: string };
    readonly visitors: Endpoint;
    readonly connectors: Endpoint;
    /** The first is the one that visitors ask. */
    readonly resolvers: readonly { readonly address: string; readonly port: number }[];
    /** Names that connectors look the edge up by. */
    readonly edgeHosts: readonly string[];
    /** The unix socket of the control API. */
    readonly socket: string;
    /** Where the API's records and tunnels are kept. @default in memory only */
    readonly storeFile?: string;
    /** Called when the control API was told to stop. */
    readonly onStop: () => void;
}

export interface Internet {
    readonly apiUrl: string;
    readonly connectorPort: number;
    readonly visitorPort: number;
    close(): Promise<void>;
}

/** Starts the world outside the house: Cloudflare's API and edge as stand-ins, the resolvers, and the control API. */
export async function serveInternet(options: InternetOptions): Promise<Internet> {
    const faults = new Faults();
    const store = new Store(options.zones, options.storeFile);
    const connections = new Connections(store);
    const shared = { store, connections, faults };
    const [api, edge] = await Promise.all([
        tlsOptions([options.api.name], faults, "cloudflare-api").then((tls) =>
            startApi({ ...shared, ...options.api, ...options, tls }),
        ),
        startEdge({ ...shared, ...options }),
    ]);
    const names = {
        hosts: {
            [options.api.name]: options.api.host,
            ...Object.fromEntries(options.edgeHosts.map((name) => [name, options.connectors.host])),
        },
        zones: store.zones,
        records: (zoneId: string) => store.zoneRecords(zoneId),
        edgeAddress: options.visitors.host,
    };
    const resolving = await Promise.all(
        options.resolvers.map(async ({ address, port }) => {
            const resolver = await startResolver({ address, port }, names, faults);
            return { ...resolver, name: `${address}:${resolver.port}` };
        }),
    );
    const { certFile } = await labCa();
    const visitor = { resolver: resolving[0]?.name ?? "", ca: readFileSync(certFile, "utf8") };
    const polls = new Polls(visitor);
    const { requests } = api;
    const { socket, onStop: stop } = options;
    const control = await startControl({ ...shared, socket, requests, visitor, polls, stop });
    return {
        apiUrl: api.url,
        connectorPort: edge.connectorPort,
        visitorPort: edge.visitorPort,
        close: async () => {
            polls.stopAll();
            await Promise.all([control, api, edge, ...resolving].map((part) => part.close()));
        },
    };
}

/** The process that the lab starts inside its network namespace. */
async function main(): Promise<void> {
    const { cloudflareToken, dnsToken } = labSecrets();
    const zones = stackZones();
    const world = await serveInternet({
        zones,
        tokens: [
            { name: "deploy", value: cloudflareToken, tunnels: true },
            { name: "dns", value: dnsToken, dnsZones: zones.map(({ id }) => id) },
        ],
        api: { name: internet.api.host, host: internet.api.address, port: 443 },
        visitors: { host: internet.edge.address, port: 443 },
        connectors: { host: internet.edge.address, port: internet.edge.connectorPort },
        resolvers: resolvers.map((address) => ({ address, port: 53 })),
        edgeHosts: internet.edgeHosts,
        socket: internetSocket,
        storeFile: join(runRoot, "cloudflare.json"),
        onStop: () => void stop(),
    });
    const stop = async () => {
        console.log("stopping");
        await world.close();
        process.exit(0);
    };
    process.on("SIGTERM", () => void stop());
    console.log("the stand-in internet is up");
    process.send?.("ready");
}

if (require.main === module) {
    main().catch((error: unknown) => {
        console.error(error);
        process.exit(1);
    });
}
