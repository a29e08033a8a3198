import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { run } from "../components/scripts/dns.mjs";
import { seeded } from "./dns-records";
import {
    done,
    owner,
    startAnswering,
    startDnsWorld,
    target,
    want,
    type DnsWorld,
} from "./dns-world";

const zones = ["a", "b", "c"].map((name, index) => ({
    id: String(index + 1).repeat(32),
    domain: `${name}.example`,
    recordQuota: 1000,
}));
/** So many hostnames in each zone. */
const wantIn = (count: number, more: object = {}) =>
    want([], {
        zones: zones.map(({ id, domain }) => ({
            ...{ id, domain },
            hostnames: Array.from({ length: count }, (_, i) => `host${String(i)}.${domain}`),
        })),
        ...more,
    });

describe("dns.mjs in several zones", () => {
    let world: DnsWorld;
    beforeEach(async () => {
        world = await startDnsWorld(zones);
    });
    afterEach(() => world.close());
    const namesIn = (index: number) =>
        world.api.store.zoneRecords(zones[index]?.id ?? "").map(({ name }) => name);

    it("needs one list for each, and one batch for 200 changes in it", async () => {
        // 999 hosts: per zone a list, and 200 + 133 changes.
        const wanted = wantIn(333);
        const all = { ...done, requests: 9, created: 999 };
        assert.deepEqual(await world.outcome("ensure", wanted), all);
        assert.deepEqual(await world.outcome("prune", wanted), { ...done, requests: 3 });
        const moved = { ...wanted, target: "new.cfargotunnel.com" };
        const updated = { ...done, requests: 9, updated: 999 };
        assert.deepEqual(await world.outcome("ensure", moved), updated);
    });

    it("counts deletions, changes and additions together for a batch", async () => {
        const [first] = zones;
        const seeds = (count: number, more: object) =>
            Array.from({ length: count }, (_, i) =>
                seeded({
                    zone_id: first?.id,
                    comment: owner,
                    ...more,
                    name: `${Object.keys(more).join("")}${String(i)}.a.example`,
                }),
            );
        const gone = seeds(90, { content: target });
        const altered = seeds(90, { proxied: false });
        world.api.store.setZoneRecords(first?.id ?? "", [...gone, ...altered]);
        const fresh = Array.from({ length: 90 }, (_, i) => `fresh${String(i)}.a.example`);
        const hostnames = [...altered.map(({ name }) => name), ...fresh];
        const zone = { id: first?.id ?? "", domain: "a.example", hostnames };
        assert.deepEqual(await world.outcome("prune", want([], { zones: [zone] })), {
            ...{ ...done, requests: 3, created: 90, updated: 90, deleted: 90 },
        });
    });

    it("makes no duplicates when three pods start at once", async () => {
        const wanted = wantIn(250);
        const runs = await Promise.all([0, 1, 2].map(() => run("ensure", wanted, world.settings)));
        assert.deepEqual(
            runs.map(({ result }) => result),
            ["ok", "ok", "ok"],
        );
        assert.deepEqual(
            zones.map((_zone, index) => new Set(namesIn(index)).size),
            [250, 250, 250],
        );
        assert.equal(world.api.store.records.size, 750);
        assert.equal(
            runs.reduce((sum, { created }) => sum + created, 0),
            750,
        );
        const lost = world.api.requests.filter(({ status }) => status === 400);
        assert.notEqual(lost.length, 0, "nobody lost a race: this proves nothing");
    });

    for (const mode of ["ensure", "prune"] as const) {
        it(`does all others in ${mode} when Cloudflare cannot serve one of them`, async () => {
            // More than there is patience for.
            const proxy = await proxyTo(world, (response) => {
                response.writeHead(503, { "retry-after": "3600" }).end();
            });
            const baseUrl = `${proxy.url}/client/v4`;
            const outcome = await world.outcome(mode, wantIn(2), { baseUrl });
            proxy.close();
            const { result, created, requests } = outcome;
            assert.deepEqual(
                { result, created, requests },
                { result: "unavailable", created: 4, requests: 4 },
            );
            assert.match(world.said[0] ?? "", /answered 503.*There is a route/);
        });
    }

    it("asks only the one that failed again", async () => {
        let attempts = 0;
        const proxy = await proxyTo(world, (response) => {
            attempts += 1;
            // In the end it asks to wait for longer than there is patience.
            const wait = attempts < 3 ? "0" : "3600";
            response.writeHead(503, { "retry-after": wait }).end();
        });
        const baseUrl = `${proxy.url}/client/v4`;
        const { requests } = await world.outcome("prune", wantIn(2), { baseUrl });
        proxy.close();
        // Those of the other two: a list and a batch for each.
        assert.deepEqual({ attempts, requests }, { attempts: 3, requests: 4 });
    });

    it("has a route when any of them is served, even if the edge cannot be reached", async () => {
        await world.closeEdge();
        const proxy = await proxyTo(world, (response) => response.destroy());
        // The first pause is more than there is patience for.
        const timing = { ...world.settings.timing, pause: 20_000, patience: 5_000 };
        const settings = { timing, baseUrl: `${proxy.url}/client/v4` };
        // Otherwise it would wait for a route without limit.
        assert.equal((await world.outcome("ensure", wantIn(1), settings)).result, "unavailable");
        proxy.close();
        assert.match(world.said[0] ?? "", /There is a route/);
    });

    describe("that is full", () => {
        beforeEach(async () => {
            await world.close();
            world = await startDnsWorld(zones.map((zone) => ({ ...zone, recordQuota: 20 })));
        });

        it("holds as many as fit, and what did not is told in one sentence", async () => {
            const { result, created, conflicts, requests } = await world.outcome(
                "prune",
                wantIn(50),
            );
            assert.deepEqual(
                { result, created, missing: conflicts.length },
                { result: "conflict", created: 60, missing: 90 },
            );
            assert.equal(world.said.length, 3);
            assert.equal(
                world.said[0],
                "Zone a.example holds as many records as its plan allows (81045; 200 on the free plan), so these have none: " +
                    "host20.a.example, host21.a.example, host22.a.example, host23.a.example, host24.a.example, and 25 more. " +
                    "Delete records there, replace some routes by one with *., or take a larger plan.",
            );
            assert.ok(requests < 60, `${String(requests)} requests`);
        });

        it("can still be cleaned and repaired", async () => {
            await world.outcome("prune", wantIn(20));
            const wanted = { ...wantIn(25), target: "new.cfargotunnel.com" };
            const { created, updated } = await world.outcome("prune", wanted);
            assert.deepEqual({ created, updated }, { created: 0, updated: 60 });
            assert.equal((await world.outcome("prune", wantIn(5))).deleted, 45);
        });
    });

    describe("one of which was taken out of the configuration", () => {
        const left = { ...wantIn(2), zones: wantIn(2).zones.slice(1) };
        const former = zones.map(({ id, domain }) => ({ id, domain }));
        beforeEach(() => world.outcome("prune", wantIn(2)));

        it("names the zones that hold its records for the next run", async () => {
            const namesOf = async (mode: "prune" | "destroy") =>
                (await run(mode, left, world.settings)).zones;
            assert.deepEqual(await namesOf("prune"), former.slice(1));
            assert.deepEqual(await namesOf("destroy"), []);
        });

        for (const mode of ["prune", "destroy"] as const) {
            it(`is cleaned in ${mode}`, async () => {
                const foreign = seeded({ name: "x.a.example", zone_id: zones[0]?.id });
                world.api.store.setZoneRecords(foreign.zone_id, [
                    ...world.api.store.zoneRecords(foreign.zone_id),
                    foreign,
                ]);
                const { result, deleted } = await world.outcome(mode, { ...left, former });
                const destroyed = mode === "destroy" ? 6 : 2;
                assert.deepEqual({ result, deleted }, { result: "ok", deleted: destroyed });
                assert.deepEqual(namesIn(0), ["x.a.example"]);
            });
        }

        it("is left alone in ensure", async () => {
            await world.outcome("ensure", { ...left, former });
            assert.equal(namesIn(0).length, 2);
        });

        const gone = [...former, { id: "f".repeat(32), domain: "gone.example" }];

        it("is told of, and fails nothing, when the token may not see it any more", async () => {
            const { result, zones: named } = await run(
                "prune",
                { ...left, former: gone },
                world.settings,
            );
            assert.equal(result, "ok");
            assert.deepEqual(named, former.slice(1));
            assert.match(world.said[0] ?? "", /^Zone gone\.example: GET .* was answered 403/);
            assert.equal(
                world.said[1],
                `Zone gone.example is not in the configuration any more and is left as it is: if it is still yours, delete its records with the comment "${owner}" by hand.`,
            );
        });

        it("fails the run when the token may see no zone at all", async () => {
            const wanted = { ...left, former: gone, zones: [] };
            const settings = { ...world.settings, token: "w".repeat(40) };
            assert.equal((await run("prune", wanted, settings)).result, "denied");
        });

        it("fails the run when Cloudflare cannot be asked about it", async () => {
            await world.api.faults.set({ target: "cloudflare-api", kind: "503" });
            const wanted = want([], { zones: [], former: gone });
            const { result } = await world.outcome("destroy", wanted, world.impatient);
            assert.equal(result, "unavailable");
        });
    });
});

/** Passes requests on to the API stand-in, except those about the first zone. */
function proxyTo(world: DnsWorld, broken: (response: ServerResponse) => void) {
    return startAnswering((request, response) => {
        const { method = "", url = "", headers } = request;
        if (url.includes(zones[0]?.id ?? "")) {
            broken(response);
            return;
        }
        void buffer(request).then(async (body) => {
            const { authorization = "", "content-type": type = "" } = headers;
            const answer = await fetch(world.api.url.replace("/client/v4", url), {
                ...{ method, headers: { authorization, "content-type": type } },
                body: body.length > 0 ? new Uint8Array(body) : null,
            });
            response.writeHead(answer.status).end(await answer.text());
        });
    });
}
