// Runs in a network of its own, as slow-uplink.test.ts starts it: dns.mjs as a pod starts it, and the Cloudflare stand-in far away. Prints
// as JSON how long the script took for each round trip among the arguments, in seconds; null where it did not end in time.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApi } from "../../lab/cloudflare/api";
import { zone } from "../../lab/facts";
import { dnsToken, tokens } from "../cloudflare-calls";
import { names, target, want } from "../dns-world";

/** Seconds after which a script that still waits will wait for ever. */
const patience = 15;

async function secondsOf(roundTrip: number): Promise<number | null> {
    // Both ways.
    const far = spawn("python3", [join(__dirname, "far-network.py"), String(roundTrip / 2)]);
    await once(far.stdout, "data");
    const api = await startApi({ tokens, zones: [zone], host: "10.9.0.1", port: 0 });
    const file = join(mkdtempSync(join(tmpdir(), "rekindle-far-")), "hosts.json");
    writeFileSync(file, JSON.stringify({ ...want(names(2)), target: undefined }));
    const begun = performance.now();
    const child = spawn(process.execPath, ["components/scripts/dns.mjs", "ensure", file], {
        env: {
            CLOUDFLARE_BASE_URL: api.url.replace("10.9.0.1", "api.far.test"),
            CLOUDFLARE_API_TOKEN: dnsToken,
            DNS_TARGET: target,
        },
        stdio: ["ignore", "ignore", "inherit"],
        timeout: patience * 1000,
    });
    const [code] = (await once(child, "exit")) as [number | null];
    const seconds = (performance.now() - begun) / 1000;
    await api.close();
    far.kill();
    await once(far, "exit");
    return code === 0 && api.store.records.size === 2 ? seconds : null;
}

async function main(roundTrips: readonly string[]): Promise<void> {
    const all = [];
    for (const roundTrip of roundTrips) {
        all.push(await secondsOf(Number(roundTrip)));
    }
    writeFileSync(1, JSON.stringify(all));
    process.exit(0);
}

void main(process.argv.slice(2));
