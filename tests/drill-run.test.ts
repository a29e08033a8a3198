import assert from "node:assert/strict";
import { canaryRules, newCanary } from "../drills/canary";
import type { House } from "../drills/house";
import { chosen, homeDrills, labDrills } from "../drills/list";
import { awaitMilestones, missed } from "../drills/milestones";
import { mute, silencesOf } from "../drills/mute";
import { compare, type Snapshot } from "../drills/snapshot";
import { publicWatch } from "../drills/watches";
import { houseOf } from "./drill-house";

const never = new AbortController().signal;

describe("milestones", () => {
    const look = (name: string, limit: number, seen: () => boolean | number) => ({
        ...{ name, limit },
        look: async () => Promise.resolve(seen()),
    });

    it("are timed from zero: when they were seen, or when they say that they came", async () => {
        const zero = Date.now() - 2000;
        const told: string[] = [];
        const found = await awaitMilestones(
            [look("seen", 10, () => true), look("said", 10, () => zero + 1250)],
            zero,
            ({ name }) => told.push(name),
            never,
        );
        assert.equal(found[1]?.at, 1.3);
        assert.ok((found[0]?.at ?? 0) >= 2 && (found[0]?.at ?? 9) < 4, JSON.stringify(found));
        assert.deepEqual(told.sort(), ["said", "seen"]);
        assert.deepEqual(missed(found), []);
    });

    it("that come late, or give no answer, were not reached", async () => {
        const zero = Date.now();
        const late = look("late", 0.3, () => zero + 400);
        const dead = { ...look("dead", 0.3, () => true), host: "pi1" };
        const failing = { ...dead, look: async () => Promise.reject(new Error("no route")) };
        const garbled = look("garbled", 0.3, () => Date.parse("no time"));
        const all = [late, failing, garbled];
        const found = await awaitMilestones(all, zero, () => undefined, never);
        assert.deepEqual(missed(found), [
            "late did not come within 0.3 s",
            "pi1: dead did not come within 0.3 s",
            "garbled did not come within 0.3 s",
        ]);
    });

    it("that must never come are missed when they do", async () => {
        const zero = Date.now();
        const found = await awaitMilestones(
            [
                { ...look("a", 5, () => true), never: true },
                { ...look("b", 0.2, () => false), never: true },
            ],
            zero,
            () => undefined,
            never,
        );
        assert.equal(missed(found).length, 1);
        assert.match(missed(found)[0] ?? "", /^a came after 0\.\d s, and must never come$/);
    });

    it("are given up when the drill is interrupted", async () => {
        const interrupt = new AbortController();
        const waiting = awaitMilestones(
            [look("x", 60, () => false)],
            Date.now(),
            () => undefined,
            interrupt.signal,
        );
        interrupt.abort(new Error("stopped"));
        await assert.rejects(waiting);
    });

    it("time the first visitor who is served, also while an earlier one's connection hangs", async () => {
        let visits = 0;
        const house = houseOf({
            hostnames: ["git.home.example"],
            // Of the second visitor the connection breaks.
            visit: async () => {
                visits += 1;
                return visits === 1
                    ? new Promise<number>(() => undefined)
                    : visits === 2
                      ? Promise.reject(new Error("reset"))
                      : Promise.resolve(200);
            },
        });
        const [first] = await awaitMilestones(
            [publicWatch(house, 5)],
            Date.now(),
            () => undefined,
            never,
        );
        assert.equal(visits, 3);
        assert.ok(first?.at !== undefined && first.at !== null);
    });
});

describe("what a drill mutes", () => {
    it("is our folder's alerts, of one Pi in both labels that name it", () => {
        const written = (scope: { node?: string }) =>
            silencesOf(scope).map((matchers) =>
                matchers.map(({ name, value }) => `${name}=${value}`).join(),
            );
        assert.deepEqual(written({}), ["grafana_folder=Rekindle"]);
        assert.deepEqual(written({ node: "pi3" }), [
            "grafana_folder=Rekindle,node=pi3",
            "grafana_folder=Rekindle,nodename=pi3",
        ]);
    });

    it("suppresses one of its two canaries, and never the other", () => {
        for (const scope of [{}, { node: "pi3" }]) {
            const [heard, muted] = canaryRules(newCanary(scope, 1)).map(({ folder, labels }) =>
                silencesOf(scope).some((matchers) =>
                    matchers.every(
                        ({ name, value }) =>
                            ({ ...labels, grafana_folder: folder.title })[name] === value,
                    ),
                ),
            );
            assert.deepEqual([heard, muted], [false, true], JSON.stringify(scope));
        }
        const names = [1, 2].map((moment) => newCanary({}, moment).heard);
        assert.notEqual(names[0], names[1]);
    });
});

describe("how a drill mutes", () => {
    const drill = { name: "cold", scope: {}, minutes: 15 };
    /** A dead man's switch that counts from when it is asked, and a Grafana that takes a silence or does not. */
    const house = (grafana: () => unknown) => {
        const asked: { seconds: number[]; ends: unknown[] } = { seconds: [], ends: [] };
        const parts: Partial<House> = {
            muteWatchdog: async (seconds) => {
                asked.seconds.push(seconds);
                return Promise.resolve(4_000_000_000_000 + seconds * 1000);
            },
            grafana: async <T>(_method: string, _path: string, body?: unknown) => {
                asked.ends.push((body as { endsAt: string }).endsAt);
                return Promise.resolve(grafana() as T);
            },
        };
        return { asked, house: houseOf(parts) };
    };

    it("until the end that the dead man's switch answers, in Grafana too, however slow a request was", async () => {
        const { asked, house: muted } = house(() => ({ silenceID: "s1" }));
        assert.deepEqual(await mute(muted, drill), { ends: 4_000_000_900_000, silences: ["s1"] });
        assert.deepEqual(asked, { seconds: [900], ends: ["2096-10-02T07:21:40.000Z"] });
    });

    it("not at all when Grafana refuses: the dead man's switch is heard again", async () => {
        const { asked, house: muted } = house(() => {
            throw new Error("Grafana is away");
        });
        await assert.rejects(mute(muted, drill), /Grafana is away/);
        assert.deepEqual(asked.seconds, [900, 0]);
    });

    it("without the dead man's switch when only one Pi is in it", async () => {
        const { asked, house: muted } = house(() => ({ silenceID: "s1" }));
        const { silences } = await mute(muted, { ...drill, scope: { node: "pi3" } });
        assert.deepEqual([silences.length, asked.seconds], [2, []]);
    });
});

describe("what a drill leaves as it was", () => {
    const record = { id: "1", name: "git.home.example", type: "CNAME" };
    const before: Snapshot = {
        objects: ["Deployment git git u1", "Secret tunnel-cloudflared-1a tunnel-dns-token-2b u2"],
        records: [
            { ...record, content: "old.cfargotunnel.com" },
            { id: "2", name: "nas.home.example", type: "A", content: "192.0.2.1" },
        ],
        tunnel: "old",
    };
    const failed = (...args: Parameters<typeof compare>) =>
        compare(...args)
            .filter(({ ok }) => !ok)
            .map(({ name, detail }) => `${name}: ${detail}`);

    it("is everything, to the id", () => {
        assert.deepEqual(failed(before, before, undefined), []);
        const other = { ...before, objects: ["Deployment git git u9", ...before.objects.slice(1)] };
        assert.deepEqual(failed(before, other, undefined), [
            "the same objects: gone: Deployment git git u1; new: Deployment git git u9",
        ]);
    });

    it("is everything of others when the stack was made anew", () => {
        const anew: Snapshot = {
            objects: [
                "Deployment git git u1",
                "Secret tunnel-cloudflared-9z tunnel-dns-token-8y u7",
            ],
            records: [
                { ...record, id: "7", content: "new.cfargotunnel.com" },
                ...before.records.slice(1),
            ],
            tunnel: "new",
        };
        assert.deepEqual(failed(before, anew, "stack"), []);
        assert.equal(failed(before, anew, undefined).length, 3);
        assert.deepEqual(failed(before, { ...anew, tunnel: "old" }, "stack").length > 0, true);
        const stolen = { ...anew, records: anew.records.slice(0, 1) };
        assert.match(failed(before, stolen, "stack").join(), /gone: .*nas\.home\.example/);
    });
});

describe("drills by name", () => {
    it("are nine, and the seed's design; at home two", () => {
        assert.deepEqual(
            chosen("all", labDrills)
                .map(({ name }) => name)
                .sort(),
            [
                ...["card", "cloudflare", "cold", "credential", "drive", "recreate", "registry"],
                ...["reimage", "seed", "wan"],
            ],
        );
        assert.deepEqual(
            homeDrills.map(({ name }) => name),
            ["cold", "recreate"],
        );
        assert.throws(() => chosen("drive", homeDrills), /no drill "drive" here: use all, cold/);
    });
});
