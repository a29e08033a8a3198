import assert from "node:assert/strict";
import { pis } from "../../lab/facts";
import { internetClient } from "../../lab/internet-client";
import { powerCut, powerOn } from "../../lab/pi";
import { until, verb } from "./lab";

const internet = internetClient();
const minute = 60;

/** Beats that the Worker took, in its own time. */
const beats = async () =>
    (await internet.workers()).runs
        .filter(({ what, outcome }) => what === "fetch" && outcome === "204")
        .map(({ time }) => Date.parse(time));
const texts = async (from: number) =>
    (await internet.messages()).slice(from).map(({ text }) => text);
/** Waits for the next beat. @returns when it came and when the one before it did */
const nextBeat = async (count: number) => {
    // Grafana sends one every four minutes, and its first one soon after it starts.
    const all = await until("a heartbeat", 300, async () => {
        const now = await beats();
        return now.length > count ? now : undefined;
    });
    return { before: all[count - 1] ?? 0, first: all[count] ?? 0 };
};

describe("a message when the house falls silent", () => {
    let begin: number;
    beforeEach("a beat, so that a silence begins here", async () => {
        // A clock that was turned makes the last beat look old.
        if ((await internet.workers()).ahead > 0) {
            await nextBeat((await beats()).length);
        }
        begin = (await internet.messages()).length;
    });

    it("Grafana alone: alerting is silent while the site answers; once, and when it is over", async () => {
        const count = (await beats()).length;
        await verb("fault", "grafana", "down");
        await internet.advanceClock(15 * minute);
        const [silent = "", ...more] = await texts(begin);
        assert.match(silent, /^🔇 Alerting is silent: the site answers, but no heartbeat comes/);
        assert.match(silent, /\/runbooks\/AlertingSilent$/);
        assert.deepEqual(more, []);
        await verb("fault", "clear");
        const { before, first } = await nextBeat(count);
        await internet.advanceClock(3 * minute);
        const back = (await texts(begin)).slice(1);
        assert.equal(back.length, 1, back.join("\n"));
        assert.match(back[0] ?? "", lasted("Alerting", first - before));
    });

    it("the whole house: once within 15 minutes, again after six hours, and how long it lasted", async () => {
        const count = (await beats()).length;
        await Promise.all(pis.map(async (pi) => powerCut(pi)));
        await internet.advanceClock(15 * minute);
        const [silent = "", ...more] = await texts(begin);
        assert.match(silent, /^🔇 The house is silent: no heartbeat comes from it/);
        assert.match(silent, /\/runbooks\/HouseSilent$/);
        assert.deepEqual(more, []);
        await internet.advanceClock(6 * 60 * minute);
        assert.equal((await texts(begin)).length, 2);
        await Promise.all(pis.map(async (pi) => powerOn(pi)));
        const { before, first } = await nextBeat(count);
        await internet.advanceClock(3 * minute);
        const back = await until("the house is back", 200, async () => {
            const now = (await texts(begin)).filter((text) => text.includes("is back"));
            return now.length > 0 ? now : undefined;
        });
        assert.equal(back.length, 1, back.join("\n"));
        assert.match(back[0] ?? "", lasted("The house", first - before));
    });

    it("all of it within the writes that Workers' free plan has for a day", async () => {
        const { writes } = await internet.workers();
        assert.ok(Object.keys(writes).length > 0);
        assert.ok(
            Object.values(writes).every((count) => count < 1000),
            JSON.stringify(writes),
        );
    });
});

/** As the Worker writes a duration, which is rounded to minutes. */
function lasted(what: string, milliseconds: number): RegExp {
    // The clock goes on between the look at it and the Worker's own.
    const texts = [-1, 0, 1].map((more) => {
        const minutes = Math.round(milliseconds / 60_000) + more;
        const hours = Math.floor(minutes / 60);
        return hours > 0 ? `${hours} h( ${minutes % 60} min)?` : `${minutes} min`;
    });
    return new RegExp(`^✅ ${what} is back after (${texts.join("|")})\\.`);
}
