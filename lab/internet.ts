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
import { followGrafanaFault } from "./grafana-fault";
import {
    chats,
    grafanaControl,
    internet,
    recordQuota,
    resolvers,
    workersDomain,
    zone,
} from "./facts";
import { startControl } from "./internet-control";
import { internetSocket, runRoot } from "./paths";
import { startOutside, type OutsideOptions } from "./outside-services";
import { Polls } from "./poll";
import { startResolver } from "./resolver";
import { labSecrets, type LabSecrets } from "./secrets";
import { setUplink } from "./uplink";

export interface InternetOptions {
    readonly zones: readonly Zone[];
    /** Asked at each request, with the zones that there are by then: both come and go. */
    readonly tokens: (zones: readonly Zone[]) => readonly ApiToken[];
    readonly api: Endpoint & { readonly name: string };
    readonly visitors: Endpoint;
    readonly connectors: Endpoint;
    /** The first is the one that visitors ask. */
    readonly resolvers: readonly { readonly address: string; readonly port: number }[];
    /** Names that connectors look the edge up by. */
    readonly edgeHosts: readonly string[];
    /** Telegram's Bot API, with the chats that its bot knows. */
    readonly telegram: Pick<OutsideOptions, "telegram" | "telegramToken" | "chats">;
    /** The account's own part of workers.dev. */
    readonly workersDomain: string;
    /** The unix socket of the control API. */
    readonly socket: string;
    /** Where all that is made out there is kept. @default in memory only */
    readonly folder?: string;
    /** Cuts the house off from all of this, or lets it out again. @default the fault `uplink` does nothing */
    readonly setUplink?: (up: boolean) => Promise<void>;
    /** Where the Grafana stand-in takes faults. @default the faults of `grafana` do nothing */
    readonly grafanaControl?: string;
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
    const { setUplink } = options;
    if (setUplink) {
        let last = Promise.resolve();
        const follow = async () => {
            last = last.then(async () => setUplink(faults.kind("uplink") !== "down"));
            return last;
        };
        faults.onChange(follow);
        // A process that was killed may have left the house cut off.
        await follow();
    }
    if (options.grafanaControl !== undefined) {
        followGrafanaFault(faults, options.grafanaControl);
    }
    const { folder } = options;
    const store = new Store(
        options.zones,
        ...(folder === undefined ? [] : [join(folder, "cloudflare.json")]),
    );
    const connections = new Connections(store);
    const names = {
        hosts: {
            [options.api.name]: options.api.host,
            [options.telegram.telegram.name]: options.telegram.telegram.host,
            ...Object.fromEntries(options.edgeHosts.map((name) => [name, options.connectors.host])),
        },
        zones: () => store.zones,
        records: (zoneId: string) => store.zoneRecords(zoneId),
        edgeDomain: options.workersDomain,
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
    const outside = await startOutside({
        ...{ ...options.telegram, faults, visitor },
        ...(folder === undefined ? {} : { folder }),
    });
    const { workers } = outside;
    const shared = { store, connections, faults };
    const [api, edge] = await Promise.all([
        tlsOptions(() => [options.api.name], faults, "cloudflare-api").then((tls) =>
            startApi({ ...shared, ...options.api, ...options, workers, tls }),
        ),
        startEdge({
            ...{ ...shared, ...options },
            workers: { domain: options.workersDomain, store: workers },
        }),
    ]);
    const polls = new Polls(visitor);
    const { requests } = api;
    const { socket, onStop: stop } = options;
    const control = await startControl({
        ...{ ...shared, socket, requests, visitor, polls, stop, outside },
    });
    return {
        apiUrl: api.url,
        connectorPort: edge.connectorPort,
        visitorPort: edge.visitorPort,
        close: async () => {
            polls.stopAll();
            const parts = [control, api, edge, outside, ...resolving];
            await Promise.all(parts.map((part) => part.close()));
        },
    };
}

/** The permissions that the README asks for. */
function acceptedTokens(
    { cloudflareToken, dnsToken, olderTokens }: LabSecrets,
    zones: readonly Zone[],
): ApiToken[] {
    const newest = [
        { name: "cloudflareToken", value: cloudflareToken },
        { name: "dnsToken", value: dnsToken },
    ];
    return [...newest, ...olderTokens].map(({ name, value }) =>
        name === "cloudflareToken"
            ? { name: "deploy", value, tunnels: true, workers: true }
            : { name: "dns", value, dnsZones: zones.map(({ id }) => id) },
    );
}

/** The process that the lab starts inside its network namespace. */
async function main(): Promise<void> {
    const { telegram } = internet;
    const world = await serveInternet({
        zones: [{ ...zone, recordQuota }],
        tokens: (zones) => acceptedTokens(labSecrets(), zones),
        api: { name: internet.api.host, host: internet.api.address, port: 443 },
        visitors: { host: internet.edge.address, port: 443 },
        connectors: { host: internet.edge.address, port: internet.edge.connectorPort },
        resolvers: resolvers.map((address) => ({ address, port: 53 })),
        edgeHosts: internet.edgeHosts,
        socket: internetSocket,
        telegram: {
            telegram: { name: telegram.host, host: telegram.address, port: 443 },
            telegramToken: () => labSecrets().telegramToken,
            chats: Object.values(chats),
        },
        workersDomain,
        folder: runRoot,
        setUplink,
        grafanaControl,
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
