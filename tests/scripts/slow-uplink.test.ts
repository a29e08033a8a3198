import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { getDefaultAutoSelectFamilyAttemptTimeout } from "node:net";
import { join } from "node:path";
import { attemptTimeout } from "../../components/scripts/slow-uplink.mjs";
import { runInOwnNetwork } from "../own-network";

/** Two addresses of each family, as Cloudflare's names have; those of IPv6 cannot be reached, as from k3s's usual pods. */
const hosts = ["10.9.0.2", "10.9.0.3", "2001:db8::2", "2001:db8::3"]
    .map((address) => `${address} api.far.test\n`)
    .join("");

describe("a house on a slow uplink", () => {
    it("starts: its records are looked after at a round trip of 20, 400 and 900 ms alike", async function () {
        const roundTrips = [0.02, 0.4, 0.9];
        const args = [join(__dirname, "far-cloudflare.ts"), ...roundTrips.map(String)];
        const printed = await runInOwnNetwork({ hosts: `127.0.0.1 localhost\n${hosts}` }, args);
        if (printed === undefined) {
            this.skip();
        }
        const seconds = JSON.parse(printed) as (number | null)[];
        console.log(
            `        ${seconds.map((each) => each?.toFixed(1) ?? "for ever").join(" s, ")} s`,
        );
        seconds.forEach((each, index) => {
            const roundTrip = roundTrips[index] ?? 0;
            assert.ok(each !== null, `it never ended with a round trip of ${roundTrip} s`);
            // A connection, a list and a batch, with some time for a busy machine; not one attempt that was given up.
            assert.ok(each < 2 + 5 * roundTrip, `${each} s with a round trip of ${roundTrip} s`);
        });
    });

    it("is waited for by every script that asks somebody outside", () => {
        assert.equal(getDefaultAutoSelectFamilyAttemptTimeout(), attemptTimeout);
        const folder = join(__dirname, "../../components/scripts");
        const scripts = readdirSync(folder).filter((name) => name.endsWith(".mjs"));
        const asking = scripts.filter((name) => {
            const text = readFileSync(join(folder, name), "utf8");
            // The Worker runs at Cloudflare.
            return /\bawait fetch\(/.test(text) && name !== "watchdog.mjs";
        });
        assert.deepEqual(asking, [
            "cloudflare-api.mjs",
            "dns-zone-ids.mjs",
            "grafana-ready.mjs",
            "telegram-receipt.mjs",
        ]);
        for (const name of asking) {
            const text = readFileSync(join(folder, name), "utf8");
            assert.match(text, /^import "\.\/slow-uplink\.mjs";$/m, name);
        }
    });
});
