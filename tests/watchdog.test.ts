import assert from "node:assert/strict";
import { duration, look, type Watch } from "../components/scripts/watchdog.mjs";

const minute = 60_000;
const start = Date.parse("2026-01-01T00:00:00Z");

interface World {
    /** Minutes in which heartbeats arrive. */
    readonly beats: (minute: number) => boolean;
    readonly site: (minute: number) => boolean;
}

/** What the Worker tells in so many minutes, each with the minute in which it does. It looks every three minutes. */
function told(minutes: number, { beats, site }: World, every = 3): string[] {
    let watch: Watch = { begun: start };
    let beat = start;
    const messages: string[] = [];
    for (let at = 0; at <= minutes; at++) {
        if (at % 4 === 0 && beats(at)) {
            beat = start + at * minute;
        }
        if (at % every === 0) {
            const { after, text } = look(watch, { now: start + at * minute, beat, site: site(at) });
            watch = after;
            messages.push(...(text === undefined ? [] : [`${at}: ${text.split("\n")[0] ?? ""}`]));
        }
    }
    return messages;
}
const always = () => true;
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

    it("tells durations as people do", () => {
        const shown = [0, 1, 59, 60, 61, 1440, 1500, 3000].map((n) => duration(n * minute));
        assert.deepEqual(shown, [
            ...["0 min", "1 min", "59 min", "1 h", "1 h 1 min", "1 d", "1 d 1 h", "2 d 2 h"],
        ]);
    });
});
