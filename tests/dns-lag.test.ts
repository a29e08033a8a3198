import assert from "node:assert/strict";
import { usualTiming } from "../components/scripts/cloudflare-api.mjs";
import { run } from "../components/scripts/dns.mjs";
import { zone } from "../lab/facts";
import { seeded } from "./dns-records";
import { done, names, owner, startDnsWorld, target, want, type DnsWorld } from "./dns-world";

describe("an `up` while Cloudflare's list of records lags behind", () => {
    let world: DnsWorld;
    beforeEach(async () => {
        world = await startDnsWorld();
    });
    afterEach(() => world.close());

    /** A hundredth of the real pauses, and lists that are as old as two of them. */
    const lag = usualTiming.lag.map((pause) => pause / 100);
    const timing = { ...usualTiming, lag };
    const lagBehind = (delay = 0.04) =>
        world.api.faults.set({ target: "cloudflare-api", kind: "stale", delay });

    it("waits for half a minute, as Cloudflare's own provider does", () => {
        assert.equal(
            usualTiming.lag.reduce((sum, pause) => sum + pause, 0),
            30_000,
        );
        assert.ok(usualTiming.lag[0] === 1000);
    });

    for (const mode of ["ensure", "prune"] as const) {
        it(`succeeds in ${mode} when another pod has just made some of the records`, async () => {
            await lagBehind();
            await run("ensure", want(names(2)), { ...world.settings, timing });
            const { result, created, conflicts } = await world.outcome(mode, want(names(20)), {
                timing,
            });
            assert.deepEqual(
                { result, created, conflicts, there: world.records().length },
                { result: "ok", created: 18, conflicts: [], there: 20 },
            );
            assert.deepEqual(world.said, []);
        });
    }

    it("succeeds when the list never shows the records that are there already", async () => {
        await world.outcome("ensure", want(names(3)));
        await lagBehind(50);
        assert.deepEqual(await world.outcome("prune", want(names(3)), { timing }), {
            ...done,
            requests: 14,
        });
    });

    it("succeeds when it shows records that are deleted already", async () => {
        await world.outcome("ensure", want(names(3)));
        world.api.store.setZoneRecords(zone.id, []);
        await lagBehind(50);
        const { result, conflicts } = await world.outcome("prune", want([]), { timing });
        assert.deepEqual({ result, conflicts }, { result: "ok", conflicts: [] });
    });

    it("succeeds right after somebody deleted the record that was in the way", async () => {
        const [name = ""] = names(1);
        world.seed(seeded({ name, type: "A", content: "192.0.2.1" }));
        assert.equal((await world.outcome("prune", want([name]))).result, "conflict");
        world.said.length = 0;
        world.api.store.setZoneRecords(zone.id, []);
        await lagBehind(50);
        const { result, created } = await world.outcome("prune", want([name]), { timing });
        assert.deepEqual({ result, created }, { result: "ok", created: 1 });
        assert.deepEqual(world.said, []);
        const [record] = world.records();
        assert.deepEqual([record?.content, record?.comment], [target, owner]);
    });

    it("still names a record of somebody else that the list does not show", async () => {
        const [name = "", other = ""] = names(2);
        await lagBehind(50);
        world.seed(seeded({ name, type: "A", content: "192.0.2.1" }));
        const { result, created, conflicts } = await world.outcome("prune", want([name, other]), {
            timing,
        });
        assert.deepEqual(
            { result, created, conflicts },
            { result: "conflict", created: 1, conflicts: [name] },
        );
        assert.equal(world.said.length, 1);
    });
});
