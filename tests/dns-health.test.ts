import assert from "node:assert/strict";
import { healthOfLastRun } from "../components/scripts/dns-input.mjs";
import { retire } from "../components/scripts/dns-retire.mjs";
import { run } from "../components/scripts/dns.mjs";
import { formerHealthOf } from "../components/tunnel-commands";
import { zone } from "../lab/facts";
import { seeded } from "./dns-records";
import { owner, startDnsWorld, target, want, type DnsWorld } from "./dns-world";

const git = `git.${zone.domain}`;
const old = `tunnel-health.${zone.domain}`;
const own = `tunnel-health-home.${zone.domain}`;
const cabin = {
    owner: "rekindle:rekindle/cabin tunnel=cabin",
    target: "22222222-0000-0000-0000-000000000000.cfargotunnel.com",
};

/** What an `up` does with the records: `prune`, then `retire` with what that printed, once the watchdog has moved. */
describe("the health record of a home from before each tunnel had its own", () => {
    let world: DnsWorld;
    beforeEach(async () => {
        world = await startDnsWorld();
        world.seed(
            ...[git, old].map((name) => seeded({ name, content: target, comment: owner })),
            seeded({ name: `old.${zone.domain}`, content: target, comment: owner }),
        );
    });
    afterEach(() => world.close());
    const wanted = (more: object = {}) => want([git, own], { health: own, ...more });
    const names = () =>
        world
            .records()
            .map(({ name }) => name)
            .sort();
    const retired = async (output: string) => {
        const input = JSON.parse(formerHealthOf(owner, output)) as ReturnType<typeof want>;
        world.api.requests.length = 0;
        const outcome = await retire({ ...input, target }, world.settings);
        return { ...outcome, requests: world.api.requests.length };
    };

    it("is there until the watchdog asks the new one, and gone after that", async () => {
        const pruned = await run("prune", wanted(), world.settings);
        assert.equal(pruned.result, "ok");
        // What is no health record goes at once, as ever.
        assert.deepEqual(names(), [git, own, old].sort());
        const outcome = await retired(JSON.stringify(pruned));
        assert.deepEqual(outcome, { result: "ok", requests: 2, deleted: 1 });
        assert.deepEqual(names(), [git, own].sort());
    });

    it("follows a tunnel that is made again meanwhile", async () => {
        const moved = { target: cabin.target };
        await run("prune", wanted(moved), world.settings);
        assert.ok(world.records().every(({ content }) => content === cabin.target));
    });

    it("stays for a watchdog that could not move, also when the next `up` prunes again", async () => {
        const first = await run("prune", wanted(), world.settings);
        const { health, kept } = healthOfLastRun(JSON.stringify(first));
        assert.equal(health, own);
        const former = kept.flatMap(({ hostnames }) => hostnames);
        const second = await run("prune", wanted({ formerHealth: former }), world.settings);
        assert.ok(names().includes(old));
        assert.equal((await retired(JSON.stringify(second))).deleted, 1);
    });

    it("stays as well when it had a name of its owner's choice", async () => {
        const chosen = `up.${zone.domain}`;
        world.seed(seeded({ name: chosen, content: target, comment: owner }));
        const { health } = healthOfLastRun(`{"mode":"prune","health":"${chosen}"}`);
        const pruned = await run("prune", wanted({ formerHealth: [health] }), world.settings);
        assert.ok(names().includes(chosen));
        assert.equal((await retired(JSON.stringify(pruned))).deleted, 2);
        assert.deepEqual(names(), [git, own].sort());
    });

    it("costs a home that has none no request", async () => {
        await run("prune", wanted(), world.settings);
        await retired(JSON.stringify(await run("prune", wanted(), world.settings)));
        const pruned = await run("prune", wanted(), world.settings);
        assert.equal(pruned.requests, 1);
        assert.deepEqual(await retired(JSON.stringify(pruned)), {
            ...{ result: "ok", requests: 0, deleted: 0 },
        });
        assert.deepEqual(await retired(""), { result: "ok", requests: 0, deleted: 0 });
    });

    it("goes with everything else at a destroy", async () => {
        await run("destroy", wanted(), world.settings);
        assert.deepEqual(names(), []);
    });

    it("is left alone where another home has it", async () => {
        await run("destroy", wanted(), world.settings);
        const theirs = seeded({ name: old, content: cabin.target, comment: cabin.owner });
        world.seed(theirs);
        const pruned = await run("prune", wanted(), world.settings);
        assert.deepEqual([pruned.result, pruned.kept], ["ok", undefined]);
        await retired(JSON.stringify({ ...pruned, kept: [{ ...zone, hostnames: [old] }] }));
        assert.deepEqual(
            world.records().find(({ name }) => name === old),
            theirs,
        );
    });
});

describe("two homes on one domain", () => {
    it("bring their records up beside each other, again and again, and a destroyed one takes only its own", async () => {
        const world = await startDnsWorld();
        try {
            const home = want([git, own], { health: own });
            const health = `tunnel-health-cabin.${zone.domain}`;
            const other = want([`cam.${zone.domain}`, health], { health, ...cabin });
            for (const wanted of [home, other, home, other]) {
                const { result, conflicts } = await world.outcome("prune", wanted);
                assert.deepEqual([result, conflicts], ["ok", []]);
            }
            for (const wanted of [home, other]) {
                const { requests } = await world.outcome("ensure", wanted);
                assert.equal(requests, 1);
            }
            await world.outcome("destroy", other);
            const left = world.records().map(({ name, content }) => [name, content]);
            assert.deepEqual(left.sort(), [
                [git, target],
                [own, target],
            ]);
        } finally {
            await world.close();
        }
    });
});
