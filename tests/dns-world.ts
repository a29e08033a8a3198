import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { mock } from "node:test";
import { usualTiming, type Settings } from "../components/scripts/cloudflare-api.mjs";
import type { Wanted } from "../components/scripts/dns-input.mjs";
import type { Mode } from "../components/scripts/dns-plan.mjs";
import { run } from "../components/scripts/dns.mjs";
import { startApi } from "../lab/cloudflare/api";
import type { DnsRecord, Zone } from "../lab/cloudflare/store";
import { zone } from "../lab/facts";
import { dnsToken } from "./cloudflare-calls";

export const owner = "rekindle:rekindle/test tunnel=home";
export const target = "11111111-0000-0000-0000-000000000000.cfargotunnel.com";
export const done = { result: "ok", created: 0, updated: 0, deleted: 0, conflicts: [] };

/** So many hostnames in the lab's zone. */
export const names = (count: number) =>
    Array.from({ length: count }, (_, index) => `host${String(index)}.${zone.domain}`);

export const want = (hostnames: string[], more: Partial<Wanted> = {}): Wanted => ({
    owner,
    target,
    adopt: [],
    zones: [{ ...zone, hostnames }],
    ...more,
});

/** The stand-in for Cloudflare's API and a socket for its edge, both on loopback, and dns.mjs between them. */
export async function startDnsWorld(zones: readonly Zone[] = [zone]) {
    const dnsZones = zones.map(({ id }) => id);
    const tokens = () => [{ name: "dns", value: dnsToken, dnsZones }];
    const api = await startApi({ tokens, zones, port: 0 });
    const edge = await listening(createServer());
    const edgeAddress = address(edge);
    const said: string[] = [];
    const whenSaid: (() => void)[] = [];
    mock.method(console, "error", (line: string) => {
        said.push(line);
        whenSaid.splice(0).forEach((call) => {
            call();
        });
    });
    const settings = {
        baseUrl: api.url,
        token: dnsToken,
        edge: edgeAddress,
        timing: {
            ...usualTiming,
            pause: 1,
            longestPause: 4,
            noRoute: 1,
            lag: [1, 1, 1, 1],
            settle: 1,
        },
    };
    return {
        api,
        settings,
        /** For runs that are to give up. */
        impatient: { timing: { ...settings.timing, patience: 40 } },
        /** What dns.mjs said on stderr. */
        said,
        /** Calls back once, at the next line on stderr. */
        onceSaid: (call: () => void) => whenSaid.push(call),
        records: () => api.store.zoneRecords(zone.id),
        seed: (...more: DnsRecord[]) => {
            api.store.setZoneRecords(zone.id, [...api.store.zoneRecords(zone.id), ...more]);
        },
        closeEdge: () => new Promise((resolve) => edge.close(resolve)),
        /** What came of a run, and how many requests really arrived. */
        outcome: async (mode: Mode, wanted: Wanted, more: Partial<Settings> = {}) => {
            api.requests.length = 0;
            const summary = await run(mode, wanted, { ...settings, ...more });
            const { result, conflicts, created, updated, deleted } = summary;
            return { result, requests: api.requests.length, created, updated, deleted, conflicts };
        },
        close: async () => {
            mock.restoreAll();
            edge.close();
            await api.close();
        },
    };
}
export type DnsWorld = Awaited<ReturnType<typeof startDnsWorld>>;

/** A server that gives every request the same answer. */
export async function startAnswering(answer: RequestListener) {
    const server = await listening(createHttpServer(answer));
    return { url: `http://${address(server)}`, close: () => server.close() };
}

function listening<T extends Server>(server: T): Promise<T> {
    return new Promise((resolve) => {
        server.listen(0, "127.0.0.1", () => {
            resolve(server);
        });
    });
}

function address(server: Server): string {
    const { port } = server.address() as AddressInfo;
    return `127.0.0.1:${String(port)}`;
}
