// What dns.mjs costs in requests and time beside `cloudflared tunnel route dns`, against the Cloudflare stand-in.
// Run it as `npm run -s bench:dns`; it takes about a minute.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import Table from "cli-table3";
import type { Wanted } from "../components/scripts/dns-input.mjs";
import { run } from "../components/scripts/dns.mjs";
import { startApi } from "../lab/cloudflare/api";
import { cloudflareLimit } from "../lab/cloudflare/rate-limit";

/** Seconds that every answer is held back, a batch's as well: an assumption, and the same for both sides. */
const delay = 0.05;
const zones = ["a", "b", "c"].map((name, index) => ({
    ...{ id: String(index + 1).repeat(32), domain: `${name}.example` },
    // A paid plan's: 1,000 hosts in three zones are more than free ones hold.
    recordQuota: 3500,
}));
const token = "t".repeat(40);

interface Cost {
    readonly requests: number;
    readonly seconds: number;
}

/** Hostnames spread over the zones, and the tunnel they are to point to. */
function wantedFor(hosts: number, tunnel: string): Wanted {
    const share = hosts / zones.length;
    return {
        ...{ owner: "rekindle:rekindle/bench tunnel=home", target: `${tunnel}.cfargotunnel.com` },
        adopt: [],
        zones: zones.map(({ id, domain }, index) => ({
            ...{ id, domain },
            hostnames: Array.from(
                { length: Math.floor(share * (index + 1)) - Math.floor(share * index) },
                (_, i) => `host${String(i)}.${domain}`,
            ),
        })),
    };
}

async function costOf(work: () => Promise<number>): Promise<Cost> {
    const begun = performance.now();
    const requests = await work();
    return { requests, seconds: (performance.now() - begun) / 1000 };
}

/** Each scenario after the one before, on one and the same account. */
async function ours(hosts: number): Promise<Record<string, Cost>> {
    const dnsZones = zones.map(({ id }) => id);
    const tokens = () => [{ name: "dns", value: token, dnsZones }];
    const api = await startApi({ tokens, zones, port: 0 });
    await api.faults.set({ target: "cloudflare-api", kind: "slow", delay });
    const ensure = (tunnel: string) =>
        costOf(async () => {
            const settings = { baseUrl: api.url, token };
            const { result, requests } = await run("ensure", wantedFor(hosts, tunnel), settings);
            if (result !== "ok") {
                throw new Error(`ensure ended with ${result}: the figures would mean nothing.`);
            }
            return requests;
        });
    const costs = {
        "no records yet": await ensure("one"),
        "nothing changed": await ensure("one"),
        "tunnel re-created": await ensure("two"),
    };
    await api.close();
    return costs;
}

/** One call for each host, one after the other; only the calls, not the starts of the program. */
async function routeByRoute(hosts: number): Promise<Cost> {
    const server = createServer((request, response) => {
        request.resume();
        void sleep(delay * 1000).then(() => {
            response.end('{"success":true}');
        });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${String(port)}/client/v4/zones`;
    const cost = await costOf(async () => {
        let requests = 0;
        for (const { id, hostnames } of wantedFor(hosts, "one").zones) {
            for (const hostname of hostnames) {
                const body = { type: "dns", user_hostname: hostname, overwrite_existing: true };
                const answer = await fetch(`${url}/${id}/tunnels/one/routes`, {
                    ...{ method: "PUT", body: JSON.stringify(body) },
                });
                await answer.text();
                requests += 1;
            }
        }
        return requests;
    });
    server.close();
    return cost;
}

async function main(): Promise<void> {
    const table = new Table({
        head: ["hosts", "", "dns.mjs", "", "route dns", "", "requests", "time"],
        style: { head: [], border: [] },
        colAligns: ["right", "left", "right", "right", "right", "right", "right", "right"],
    });
    for (const hosts of [120, 1000]) {
        const theirs = await routeByRoute(hosts);
        for (const [scenario, cost] of Object.entries(await ours(hosts))) {
            table.push([
                ...[String(hosts), scenario],
                ...[cost, theirs].flatMap(({ requests, seconds }) => [
                    `${String(requests)} requests`,
                    `${seconds.toFixed(2)} s`,
                ]),
                `${(theirs.requests / cost.requests).toFixed(0)} times fewer`,
                `${(theirs.seconds / cost.seconds).toFixed(0)} times faster`,
            ]);
        }
    }
    const { requests, seconds } = cloudflareLimit;
    console.log(table.toString());
    console.log(
        `Lab figures: three zones, every answer held back for ${String(delay * 1000)} ms. \`cloudflared tunnel route dns\` makes ` +
            `one call for each host whatever is there already, so its figures are the same in each row. Cloudflare takes ` +
            `${String(requests)} requests in ${String(seconds / 60)} minutes, then none for as long: one run over 1,000 hosts ` +
            "uses most of that, two replicas together more than there is.",
    );
}

void main();
