import assert from "node:assert/strict";
import { duration } from "../../components/scripts/watchdog-look.mjs";
import { pis } from "../../lab/facts";
import { internetClient } from "../../lab/internet-client";
import { powerCut, powerOn } from "../../lab/pi";
import { until, verb } from "./lab";
import { beat } from "./turned-watchdog";

const internet = internetClient();
const minute = 60;

/** Beats that the Worker took, in its own time. */
const beats = async () =>
    (await internet.workers()).runs
        .filter(({ what, outcome }) => what === "fetch" && outcome === "204")
        .map(({ time }) => Date.parse(time));
const texts = async (from: number) =>
    (await internet.messages()).slice(from).map(({ text }) => text);
/** Waits for the next beat: Grafana sends one every four minutes, and its first one soon after it starts. */
const nextBeat = async (count: number) =>
    until("a heartbeat", 300, async () => ((await beats()).length > count ? true : undefined));
/** What the Worker itself holds of its last beat, and of the silence that it told; milliseconds. */
const held = async () => {
    const { beat = "", watch = "{}" } = (await internet.workers()).stored;
    const { silence } = JSON.parse(watch) as { silence?: { since: number } };
    return { beat: Number(beat), since: silence?.since ?? NaN };
};

describe("a message when the house falls silent", () => {
    let begin: number;
    beforeEach("a beat, so that a silence begins here", async () => {
        // A clock that was turned makes the last beat look old. Grafana's next one may be four minutes away.
        if ((await internet.workers()).ahead > 0) {
            assert.equal(await beat(), 204);
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
        const { since } = await held();
        await verb("fault", "clear");
        await nextBeat(count);
        const first = await held();
        await internet.advanceClock(3 * minute);
        const back = (await texts(begin)).slice(1);
        assert.equal(back.length, 1, back.join("\n"));
        assert.ok(tells(back[0], "Alerting", [first, await held()], since), back[0]);
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
        const { since } = await held();
        await Promise.all(pis.map(async (pi) => powerOn(pi)));
        await nextBeat(count);
        const first = await held();
        await internet.advanceClock(3 * minute);
        const back = await until("the house is back", 200, async () => {
            const now = (await texts(begin)).filter((text) => text.includes("is back"));
            return now.length > 0 ? now : undefined;
        });
        assert.equal(back.length, 1, back.join("\n"));
        assert.ok(tells(back[0], "The house", [first, await held()], since), back[0]);
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

/** Whether it is over by one of these beats, and exactly as long as from `since` until then. */
function tells(
    text = "",
    what: string,
    ends: readonly { readonly beat: number }[],
    since: number,
): boolean {
    return ends.some(({ beat }) =>
        text.startsWith(`✅ ${what} is back after ${duration(beat - since)}.`),
    );
}
