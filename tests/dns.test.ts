import assert from "node:assert/strict";
import { zone } from "../lab/facts";
import { seeded } from "./dns-records";
import { done, names, owner, startDnsWorld, target, want, type DnsWorld } from "./dns-world";

describe("dns.mjs against the Cloudflare stand-in", () => {
    let world: DnsWorld;
    beforeEach(async () => {
        world = await startDnsWorld();
    });
    afterEach(() => world.close());

    describe("requests", () => {
        it("needs 2 for 120 new hosts, 1 when nothing changed, 2 for a new tunnel, and keeps the records' ids", async () => {
            const hosts = names(120);
            assert.deepEqual(await world.outcome("ensure", want(hosts)), {
                ...{ ...done, requests: 2, created: 120 },
            });
            const before = world.records();
            assert.deepEqual(await world.outcome("ensure", want(hosts)), { ...done, requests: 1 });
            assert.deepEqual(world.records(), before);
            const moved = "22222222-0000-0000-0000-000000000000.cfargotunnel.com";
            assert.deepEqual(await world.outcome("ensure", want(hosts, { target: moved })), {
                ...{ ...done, requests: 2, updated: 120 },
            });
            assert.deepEqual(
                world.records().map(({ id, content }) => [id, content]),
                before.map(({ id }) => [id, moved]),
            );
        });

        it("sends at most 200 changes at once", async () => {
            await world.close();
            world = await startDnsWorld([{ ...zone, recordQuota: 450 }]);
            assert.deepEqual(await world.outcome("prune", want(names(450))), {
                ...{ ...done, requests: 4, created: 450 },
            });
        });

        it("reads every page", async () => {
            world.seed(...names(1500).map((name) => seeded({ name, type: "TXT", content: "x" })));
            // By name the last of all.
            world.seed(seeded({ name: `zz.${zone.domain}`, comment: owner }));
            assert.deepEqual(await world.outcome("prune", want([])), {
                ...{ ...done, requests: 3, deleted: 1 },
            });
        });

        it("makes none in ensure for a zone where nothing is wanted", async () => {
            assert.deepEqual(await world.outcome("ensure", want([])), { ...done, requests: 0 });
        });

        it("makes no duplicates when three pods start at once", async () => {
            const runs = [0, 1, 2].map(() => world.outcome("ensure", want(names(120))));
            const results = await Promise.all(runs);
            assert.deepEqual(
                results.map(({ result }) => result),
                ["ok", "ok", "ok"],
            );
            assert.equal(world.records().length, 120);
            const lost = world.api.requests.filter(({ status }) => status === 400);
            assert.notEqual(lost.length, 0, "nobody lost a race: this proves nothing");
        });
    });

    describe("records of others", () => {
        const foreign = [
            seeded({ type: "A", content: "192.0.2.1", name: `a.${zone.domain}` }),
            seeded({ name: `b.${zone.domain}`, comment: "rekindle:other/prod tunnel=home" }),
            seeded({ name: `c.${zone.domain}`, content: target, comment: "rekindle:x/y tunnel=z" }),
            seeded({ type: "TXT", name: `d.${zone.domain}`, content: "x", comment: owner }),
            seeded({ name: `e.${zone.domain}` }),
        ];
        const wanted = want([
            ...foreign.slice(0, 3).map(({ name }) => name),
            `ours.${zone.domain}`,
        ]);

        for (const mode of ["ensure", "prune", "destroy"] as const) {
            it(`stay byte for byte as they are in ${mode}`, async () => {
                world.seed(...foreign);
                const before = JSON.stringify(foreign);
                const { result } = await world.outcome(mode, wanted);
                assert.equal(result, mode === "destroy" ? "ok" : "conflict");
                const ids = new Set(foreign.map(({ id }) => id));
                assert.equal(
                    JSON.stringify(world.records().filter(({ id }) => ids.has(id))),
                    before,
                );
            });
        }

        it("are reported, and the rest is done", async () => {
            world.seed(...foreign);
            const { conflicts, created } = await world.outcome("prune", wanted);
            assert.deepEqual(
                { conflicts, created },
                { conflicts: wanted.zones[0]?.hostnames.slice(0, 3), created: 1 },
            );
            assert.match(
                world.said[0] ?? "",
                /^a\.home\.example: the A record to 192\.0\.2\.1 is not this stack's.*Delete it\.$/,
            );
            assert.match(
                world.said[1] ?? "",
                /\("rekindle:other\/prod tunnel=home"\).*or list its content under adopt/,
            );
        });

        it("are taken over when adopt lists their content", async () => {
            const old = seeded({ content: "old.cfargotunnel.com" });
            world.seed(old);
            const wanted = want([old.name], { adopt: [old.content] });
            assert.deepEqual(await world.outcome("prune", wanted), {
                ...done,
                requests: 2,
                updated: 1,
            });
            const [{ id, content, comment } = old] = world.records();
            assert.deepEqual([id, content, comment], [old.id, target, owner]);
        });
    });

    describe("deletions", () => {
        beforeEach(() => world.outcome("ensure", want(names(3))));

        it("happen in prune and destroy, never in ensure", async () => {
            assert.deepEqual(await world.outcome("ensure", want(names(2))), {
                ...done,
                requests: 1,
            });
            assert.deepEqual(await world.outcome("prune", want(names(2))), {
                ...done,
                requests: 2,
                deleted: 1,
            });
            assert.deepEqual(await world.outcome("destroy", want(names(2))), {
                ...done,
                requests: 2,
                deleted: 2,
            });
            assert.deepEqual(world.records(), []);
        });
    });

    it("does all others when Cloudflare will not have one of them", async () => {
        const bad = `${"x".repeat(260)}.${zone.domain}`;
        const { result, created, conflicts } = await world.outcome(
            "prune",
            want([...names(3), bad]),
        );
        assert.deepEqual(
            { result, created, conflicts },
            { result: "conflict", created: 3, conflicts: [bad] },
        );
        assert.match(
            world.said[0] ?? "",
            /was answered 400: 1004 DNS Validation Error.*dashboard\.$/,
        );
    });
});
