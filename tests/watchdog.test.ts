import assert from "node:assert/strict";
import worker from "../components/scripts/watchdog.mjs";
import { duration, look, type Watch } from "../components/scripts/watchdog-look.mjs";

const minute = 60_000;
const start = Date.parse("2026-01-01T00:00:00Z");

interface World {
    /** Minutes in which heartbeats arrive. */
    readonly beats: (minute: number) => boolean;
    readonly site: (minute: number) => boolean;
    /** Minutes in which something in front of the tunnel answers instead. @default none */
    readonly front?: (minute: number) => boolean;
    /** Minutes in which it is to keep quiet. @default none */
    readonly muted?: (minute: number) => boolean;
    /** Minutes in which Telegram takes messages. @default all */
    readonly takes?: (minute: number) => boolean;
}

/** What the Worker tells in so many minutes, each with the minute in which it does. It looks every three minutes. */
function told(minutes: number, world: World, every = 3): string[] {
    const { beats, site, front = never, muted = never, takes = always } = world;
    let watch: Watch = { begun: start };
    let beat = start;
    const messages: string[] = [];
    for (let at = 0; at <= minutes; at++) {
        if (at % 4 === 0 && beats(at)) {
            beat = start + at * minute;
        }
        if (at % every === 0) {
            const said = front(at) ? "unknown" : site(at) ? "up" : "down";
            const seen = { now: start + at * minute, beat, site: said, muted: muted(at) } as const;
            const { after, text, untold } = look(watch, { ...seen, front: "Cloudflare Access" });
            watch = takes(at) ? after : untold;
            const heard = text === undefined || !takes(at) ? [] : [text];
            messages.push(...heard.map((one) => `${at}: ${one.split("\n")[0] ?? ""}`));
        }
    }
    return messages;
}
const always = () => true;
const never = () => false;
const until = (from: number, to: number) => (at: number) => at < from || at >= to;

describe("watchdog.mjs", () => {
    it("says nothing as long as all is well", () => {
        assert.deepEqual(told(1440, { beats: always, site: always }), []);
    });

    it("says once that the house is silent, within 15 minutes, and once that it is back and for how long it was not", () => {
        const gone = until(60, 180);
        assert.deepEqual(told(600, { beats: gone, site: gone }), [
            "69: 🔇 The house is silent: no heartbeat comes from it, and its health hostname does not answer.",
            "180: ✅ The house is back after 2 h 4 min.",
        ]);
    });

    for (const every of [3, 5]) {
        it(`does so within 15 minutes whenever the house goes, looking every ${every} minutes`, () => {
            for (let off = 60; off < 80; off++) {
                const gone = until(off, 600);
                const messages = told(120, { beats: gone, site: gone }, every);
                assert.equal(messages.length, 1, messages.join("\n"));
                const at = parseInt(messages[0] ?? "", 10);
                assert.ok(at <= off + 15, `off at ${off}, told at ${at}`);
            }
        });
    }

    it("says that alerting is silent when only the heartbeats are missing", () => {
        const messages = told(300, { beats: until(60, 120), site: always });
        assert.match(messages[0] ?? "", /^69: 🔇 Alerting is silent: the site answers/);
        assert.match(messages[1] ?? "", /^120: ✅ Alerting is back after 1 h 4 min/);
        assert.equal(messages.length, 2);
    });

    it("says that the site is silent when heartbeats still come", () => {
        const messages = told(300, { beats: always, site: until(60, 120) });
        assert.match(messages[0] ?? "", /^66: 🔇 The site is silent: heartbeats come/);
        assert.match(messages[1] ?? "", /^120: ✅ The site is back after 1 h\./);
        assert.equal(messages.length, 2);
    });

    it("lets one missed heartbeat and one missed answer pass", () => {
        assert.deepEqual(told(300, { beats: (at) => at !== 60, site: always }), []);
        assert.deepEqual(told(300, { beats: always, site: (at) => at !== 60 }), []);
    });

    it("says so when what began as one silence becomes that of the whole house", () => {
        const messages = told(200, { beats: until(60, 999), site: until(100, 999) });
        assert.deepEqual(
            messages.map((text) => text.slice(0, 24)),
            ["69: 🔇 Alerting is silen", "105: 🔇 The house is sil"],
        );
    });

    it("says so when a silence is over and another one has begun with it", () => {
        const messages = told(200, { beats: until(60, 104), site: until(102, 999) });
        assert.deepEqual(
            messages.map((text) => text.slice(0, 24)),
            ["69: 🔇 Alerting is silen", "105: 🔇 The site is sile"],
        );
    });

    it("reminds of what is silent by then: a part of the house may be back", () => {
        const messages = told(600, { beats: until(60, 999), site: until(60, 120) });
        assert.deepEqual(
            messages.map((text) => text.slice(0, 24)),
            ["69: 🔇 The house is sile", "429: 🔇 Alerting is sile"],
        );
    });

    it("tells how long it lasted, also when nobody could be told at once that it is over", () => {
        const gone = until(60, 180);
        for (const late of [
            { muted: (at: number) => at >= 90 && at < 240 },
            { takes: until(170, 240) },
        ]) {
            const messages = told(600, { beats: gone, site: gone, ...late });
            assert.equal(messages.length, 2, messages.join("\n"));
            assert.match(messages[1] ?? "", /^240: ✅ The house is back after 2 h 4 min\.$/);
        }
    });

    it("takes the same look twice for one", () => {
        const seen = { now: start + 6 * minute, beat: start + 6 * minute, site: "down" } as const;
        const once = look({ begun: start }, seen);
        const again = look(once.after, { ...seen, beat: seen.now + 1 });
        assert.deepEqual(again, once);
    });

    it("reminds every six hours, and not more often", () => {
        const messages = told(1440, { beats: until(0, 9999), site: until(0, 9999) });
        assert.deepEqual(
            messages.map((text) => parseInt(text, 10)),
            [12, 372, 732, 1092],
        );
    });

    it("is not back before both are", () => {
        const messages = told(300, { beats: until(60, 120), site: until(60, 200) });
        assert.equal(messages.length, 2);
        assert.match(messages[1] ?? "", /^201: ✅/);
    });

    it("misses the heartbeat of an alerting that never was there", () => {
        const messages = told(30, { beats: () => false, site: always });
        assert.match(messages[0] ?? "", /^12: 🔇 Alerting/);
    });

    describe("with Cloudflare Access or a challenge page in front of the health hostname", () => {
        const starts = (messages: readonly string[]) => messages.map((text) => text.slice(0, 42));

        it("never says that the site answers when the house dies: it cannot know, and says that", () => {
            const messages = told(300, { beats: until(60, 180), site: never, front: always });
            assert.match(
                messages[1] ?? "",
                /^69: 🔇 No heartbeat comes from the house\. Whether it is alive cannot be judged: .* It is Cloudflare Access\.$/,
            );
            assert.match(messages[2] ?? "", /^180: ✅ The house is back after 2 h 4 min\./);
            assert.doesNotMatch(messages.join("\n"), /the site answers|site is silent/i);
        });

        it("says once that it cannot judge the site, at the second look, and that it can again", () => {
            const front = (at: number) => at >= 60 && at < 120;
            assert.deepEqual(told(300, { beats: always, site: always, front }), [
                "63: 🔇 Whether visitors get an answer cannot be judged: something in front of the health hostname answers instead of the tunnel. It is Cloudflare Access.",
                "120: ✅ The health hostname can be judged again after 1 h.",
            ]);
        });

        it("lets a page pass that is there for one look", () => {
            const front = (at: number) => at === 60;
            assert.deepEqual(told(300, { beats: always, site: always, front }), []);
        });

        it("reminds once a day of a page that stays", () => {
            const messages = told(3 * 1440, { beats: always, site: always, front: always });
            assert.deepEqual(
                messages.map((text) => parseInt(text, 10)),
                [3, 1443, 2883],
            );
        });

        it("still says that the site is silent when the page is gone and nobody answers behind it", () => {
            const front = (at: number) => at < 90;
            const messages = told(200, { beats: always, site: never, front });
            assert.deepEqual(starts(messages), [
                "3: 🔇 Whether visitors get an answer canno",
                "93: 🔇 The site is silent: heartbeats come",
            ]);
        });

        it("does not call the site back because a page answers where nobody did", () => {
            const front = (at: number) => at >= 120;
            const messages = told(200, { beats: always, site: until(60, 999), front });
            assert.deepEqual(starts(messages), [
                "66: 🔇 The site is silent: heartbeats come",
                "123: 🔇 Whether visitors get an answer can",
            ]);
        });
    });

    it("tells durations as people do", () => {
        const shown = [0, 1, 59, 60, 61, 1440, 1500, 3000].map((n) => duration(n * minute));
        assert.deepEqual(shown, [
            ...["0 min", "1 min", "59 min", "1 h", "1 h 1 min", "1 d", "1 d 1 h", "2 d 2 h"],
        ]);
    });
});

describe("watchdog.mjs with a KV that holds anything", () => {
    const health = "https://tunnel-health.home.example/";
    let isFull: boolean;
    let kv: Record<string, string>;
    let now: number;
    let sent: string[];
    let answered: Record<string, string>;
    const real = { fetch: globalThis.fetch, now: Date.now };
    const env = {
        ...{ BOT_TOKEN: "1:secret", CHAT_ID: "1", THREAD_ID: "", HEARTBEAT_SECRET: "beat" },
        ...{ HEALTH_URL: health, RUNBOOKS: "https://runbooks.example" },
        STATE: {
            get: async (key: string) => Promise.resolve(kv[key] ?? null),
            put: async (key: string, value: string) => {
                if (isFull) {
                    return Promise.reject(new Error("KV put() limit exceeded for the day."));
                }
                kv[key] = value;
                return Promise.resolve();
            },
            delete: async (key: string) => {
                kv = Object.fromEntries(Object.entries(kv).filter(([name]) => name !== key));
                return Promise.resolve();
            },
        },
    };
    beforeEach(() => {
        [kv, now, sent, answered] = [{}, start, [], {}];
        isFull = false;
        Date.now = () => now;
        globalThis.fetch = async (url, init) => {
            const request = new Request(url, init);
            if (request.url === health) {
                return new Response(null, { status: 204, headers: answered });
            }
            sent.push(((await request.json()) as { text: string }).text);
            return new Response("{}");
        };
    });
    afterEach(() => {
        globalThis.fetch = real.fetch;
        Date.now = real.now;
    });
    const beat = async () => {
        const headers = { authorization: "Bearer beat" };
        const request = new Request("https://x.workers.dev/heartbeat", { method: "POST", headers });
        return (await worker.fetch(request, env)).status;
    };
    /** Minutes go by, with heartbeats or without. */
    const pass = async (minutes: number, beats: boolean) => {
        for (let at = 0; at < minutes; at++) {
            now += minute;
            if (beats && at % 4 === 0) {
                assert.equal(await beat(), isFull ? 503 : 204);
            }
            if (at % 3 === 0) {
                await worker.scheduled({ scheduledTime: now }, env);
            }
        }
    };
    const ahead = String(start + 1e10);

    for (const [key, value] of [
        ["beat", "broken"],
        ["beat", ""],
        ["beat", "-5"],
        ["beat", ahead],
        ["watch", "{"],
        ["watch", "null"],
        ["watch", "7"],
        ["watch", "{}"],
        ["watch", '{"begun":"x","down":{},"silence":{"kind":"toString","since":1,"told":1}}'],
        ["watch", '{"begun":1,"silence":{"kind":"house"}}'],
        ["watch", `{"begun":${ahead},"down":${ahead}}`],
        ["mute", "broken"],
        ["mute", ahead],
    ] as const) {
        it(`notices a silence, and none that is not, with ${key} = ${value}`, async () => {
            await pass(12, true);
            kv[key] = value;
            await pass(12, true);
            assert.equal(sent.length, 0, sent.join("\n"));
            kv[key] = value;
            await pass(15, false);
            assert.equal(sent.length, 1, sent.join("\n"));
            assert.match(sent[0] ?? "", /^🔇 Alerting is silent.*\nSince 2026-01-01 00:/);
            await pass(5, true);
            assert.match(sent[1] ?? "", /^✅ Alerting is back after 1?\d min\./);
        });
    }

    it("takes no 204 that Cloudflare's cache has kept for an answer of the tunnel's", async () => {
        answered = { "cf-cache-status": "DYNAMIC" };
        await pass(12, true);
        assert.equal(sent.length, 0, sent.join("\n"));
        answered = { "cf-cache-status": "HIT" };
        await pass(12, true);
        assert.equal(sent.length, 1, sent.join("\n"));
        assert.match(sent[0] ?? "", /cannot be judged: .* It is Cloudflare's cache, with 204\./);
        await pass(15, false);
        assert.match(sent[1] ?? "", /^🔇 No heartbeat comes from the house\. Whether it is alive/);
    });

    it("reminds of a silence that a clock ahead has told", async () => {
        const silence = { kind: "alerting", since: start, told: start + 1e10 };
        kv = {
            beat: String(start - 60 * minute),
            watch: JSON.stringify({ begun: start, silence }),
        };
        await pass(361, false);
        await pass(3, false);
        assert.equal(sent.length, 1);
    });

    it("says once that it cannot remember when KV is full, and then only what is so when it can", async () => {
        await pass(60, true);
        isFull = true;
        await pass(600, true);
        assert.equal(sent.length, 1, sent.join("\n"));
        assert.match(sent[0] ?? "", /^🔇 The dead man's switch can no longer remember: KV takes/);
        isFull = false;
        await pass(60, true);
        assert.equal(sent.length, 1, sent.join("\n"));
        await pass(15, false);
        assert.equal(sent.length, 2, sent.join("\n"));
        assert.match(sent[1] ?? "", /^🔇 Alerting is silent/);
    });

    it("is told to keep quiet by a number only", async () => {
        const mute = async (body: string) => {
            const headers = { authorization: "Bearer beat" };
            const init = { method: "POST", headers, body };
            return (await worker.fetch(new Request("https://x.workers.dev/mute", init), env))
                .status;
        };
        const bodies = ["", " ", "x", "-1", "3601", "Infinity", "NaN", "60"];
        const answers = await Promise.all(bodies.map(mute));
        assert.deepEqual(answers, [400, 400, 400, 400, 400, 400, 400, 200]);
        assert.equal(kv["mute"], String(start + minute));
    });
});
