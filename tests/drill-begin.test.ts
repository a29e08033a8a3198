import assert from "node:assert/strict";
import { oneAgent, type Drill } from "../drills/drill";
import { answering } from "../drills/hostnames";
import type { House } from "../drills/house";
import { protectedIn } from "../drills/protected";
import { recreate } from "../drills/recreate";
import { runDrill } from "../drills/run";
import { mountWatch, publicWatch } from "../drills/watches";
import { seenInFront } from "../lab/cloudflare/in-front";
import { houseOf, well } from "./drill-house";

const never = new AbortController().signal;

describe("a drill", () => {
    const broken: string[] = [];
    const drill: Drill<House> = {
        ...{ name: "cold", about: "", zero: "power on", scope: {}, minutes: 1 },
        break: async () => {
            broken.push("broken");
            return Promise.resolve([]);
        },
        mend: async () => Promise.resolve(),
        milestones: () => [],
    };
    beforeEach(() => broken.splice(0));

    it("refuses to break a house that could not be brought back", async () => {
        const unreadable = async () =>
            Promise.resolve(["the state cannot be read: it is in the house"]);
        const record = await runDrill(drill, houseOf({ unreadable }), () => undefined, never);
        assert.equal(record.verdict, "refused");
        assert.match(record.problems[0] ?? "", /Nothing was broken.*\n.*the state cannot be read/);
        assert.deepEqual(broken, []);
    });

    it("breaks nothing when nobody can be told to keep quiet", async () => {
        const house = houseOf({
            ...well,
            muteWatchdog: async () => Promise.reject(new Error("the dead man's switch is away")),
        });
        const record = await runDrill(drill, house, () => undefined, never);
        assert.equal(record.verdict, "failed");
        assert.match(record.problems.join(), /dead man's switch is away/);
        assert.deepEqual(broken, []);
    });

    const timed = (house: House) => [publicWatch(house, 5)];

    it("waits for no public hostname that answers nobody before it breaks anything", async () => {
        for (const [hostnames, seen] of [
            [["api.home.example"], /answers with 200 now \(api\.home\.example: 404\)/],
            [[], /has none but wildcards/],
        ] as const) {
            const house = houseOf({
                ...{ ...well, hostnames },
                visit: async () => Promise.resolve(404),
            });
            const waiting = { ...drill, milestones: timed };
            const record = await runDrill(waiting, house, () => undefined, never);
            assert.equal(record.verdict, "refused");
            assert.match(record.problems.join(), /^Nothing was broken, /);
            assert.match(record.problems.join(), seen);
        }
        assert.deepEqual(broken, []);
    });

    it("asks of no hostname what it did not do before, and says which it leaves out", async () => {
        const visited: string[] = [];
        const answers = {
            "old.home.example": 502,
            "login.home.example": 302,
            "git.home.example": 200,
        };
        const house = houseOf({
            ...{ ...well, hostnames: Object.keys(answers) },
            visit: async (url) => {
                const { hostname } = new URL(url);
                visited.push(hostname);
                return Promise.resolve(answers[hostname as keyof typeof answers]);
            },
        });
        const served: Drill<House> = {
            ...{ ...drill, milestones: timed },
            verify: async ({ hostnames }) =>
                Promise.resolve([{ name: "served", ok: true, detail: hostnames.join() }]),
        };
        const record = await runDrill(served, house, () => undefined, never);
        assert.deepEqual([record.verdict, record.problems], ["passed", []]);
        assert.equal(
            record.checks.find(({ name }) => name === "served")?.detail,
            "git.home.example,login.home.example",
        );
        assert.deepEqual(record.checks[0], {
            ...{ name: "old.home.example is not looked at", ok: true },
            detail: "before the drill it gave: 502",
        });
        assert.equal(record.milestones[0]?.name, "first public 200");
        assert.notEqual(record.milestones[0].at, null);
    });

    it("leaves out a hostname that only Cloudflare Access answers: it cannot see whether the house serves it", async () => {
        const location = "https://me.cloudflareaccess.com/cdn-cgi/access/login/wiki.home.example";
        const answers: Readonly<Record<string, number | string>> = {
            "git.home.example": 200,
            "wiki.home.example": seenInFront(302, { location }) ?? 302,
            "own.home.example": seenInFront(302, { location: "/login" }) ?? 302,
        };
        const house = houseOf({
            hostnames: Object.keys(answers),
            visit: async (url) => Promise.resolve(answers[new URL(url).hostname] ?? 0),
        });
        const { house: looked, notes } = await answering(house, true);
        assert.deepEqual(looked.hostnames, ["git.home.example", "own.home.example"]);
        assert.deepEqual(
            notes.map(({ detail }) => detail),
            [
                "before the drill it gave: cannot be judged: something in front answers, Cloudflare Access, with 302",
            ],
        );
    });

    it("that destroys does not begin where the state holds something protected", async () => {
        const kept = async () => Promise.resolve(["tunnel"]);
        const house = houseOf({
            ...well,
            kept,
            pulumi: async () => Promise.reject(new Error("run")),
        });
        const record = await runDrill(recreate, house, () => undefined, never);
        assert.equal(record.verdict, "refused");
        assert.match(
            record.problems.join(),
            /tunnel is protected.*`confirm: \[tunnel\]`.*`up` first/,
        );
    });

    it("of a Pi is refused where there is no agent to break", async () => {
        const record = await runDrill(
            { ...drill, milestones: (house) => [mountWatch(house, oneAgent(house), 1)] },
            houseOf(well),
            () => undefined,
            never,
        );
        assert.equal(record.verdict, "refused");
        assert.deepEqual(broken, []);
    });

    it("that is interrupted keeps what had come until then", async () => {
        const interrupt = new AbortController();
        let looks = 0;
        const watch = (name: string, look: () => boolean) => ({
            ...{ name, limit: 60 },
            look: async () => Promise.resolve(look()),
        });
        const waiting: Drill<House> = {
            ...drill,
            milestones: () => [
                watch("SSH", () => true),
                watch("never", () => {
                    looks += 1;
                    if (looks > 1) {
                        interrupt.abort();
                    }
                    return false;
                }),
            ],
        };
        const record = await runDrill(waiting, houseOf(well), () => undefined, interrupt.signal);
        assert.equal(record.verdict, "interrupted");
        assert.deepEqual(record.problems, ["It was interrupted."]);
        assert.deepEqual(
            record.milestones.map(({ name }) => name),
            ["SSH"],
        );
    });

    it("that is interrupted while it restores is no failure of the house", async () => {
        const interrupt = new AbortController();
        const house = houseOf({
            ...well,
            pulumi: async () => {
                interrupt.abort();
                return Promise.resolve({ ok: false, output: "killed by SIGINT", changes: 0 });
            },
        });
        const record = await runDrill(drill, house, () => undefined, interrupt.signal);
        assert.equal(record.verdict, "interrupted");
        assert.match(record.problems.join(), /killed by SIGINT/);
    });
});

describe("what a state has under protection", () => {
    const urn = "urn:pulumi:home::rekindle::a:b:C$d:e:F::tunnel";
    const resources = [{ urn: "urn:pulumi:home::rekindle::d:e:F::other" }, { urn, protect: true }];

    for (const [whose, state] of [
        ["`pulumi stack export`'s", { version: 3, deployment: { resources } }],
        ["a backend's on a disk", { version: 3, checkpoint: { latest: { resources } } }],
    ] as const) {
        it(`is found in ${whose}`, () => {
            assert.deepEqual(protectedIn(state), ["tunnel"]);
        });
    }

    it("is nothing in a stack that has nothing yet", () => {
        assert.deepEqual(protectedIn({ version: 3, deployment: {} }), []);
    });
});
