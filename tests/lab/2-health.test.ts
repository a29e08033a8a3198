import assert from "node:assert/strict";
import { internetClient } from "../../lab/internet-client";
import { editedConfig, rekindle, until, verb } from "./lab";
import { keepLooking, lookTimes } from "./turned-watchdog";

const internet = internetClient();
const own = "tunnel-health-dev.home.example";
const former = "tunnel-health.home.example";
const texts = async (from: number) =>
    (await internet.messages()).slice(from).map(({ text }) => text);
const healthRecords = async () =>
    (await internet.records())
        .map(({ name }) => name)
        .filter((name) => name.startsWith("tunnel-health"));

/** Waits until nothing is silent, so that what comes after begins here. */
const quiet = async () =>
    until("a watchdog that finds nothing", 60, async () => {
        await lookTimes(1);
        const { watch } = (await internet.workers()).stored;
        return watch !== undefined && !/down|blind|silence/.test(watch) ? true : undefined;
    });

/**
 * The override gives a stack the shape that it had before each tunnel had a health hostname of its own: record, rule and HEALTH_URL. Not covered
 * is a state that an older version wrote: its last output names no health hostname, and it has no command that deletes the former
 * record. tests/dns-health.test.ts begins with that.
 */
describe("an upgrade to a health hostname of the tunnel's own", function () {
    this.timeout(900_000);
    let poll: string;
    let begun: number;

    before("somebody visits git all along", async () => {
        await quiet();
        begun = (await internet.messages()).length;
        poll = await internet.startPoll({
            url: "https://git.home.example/",
            everyMs: 100,
            maxSeconds: 1200,
        });
    });

    for (const [to, from, file] of [
        [
            former,
            own,
            () =>
                editedConfig((config) => {
                    config["rekindle:tunnel"].healthHostname = former;
                }),
        ],
        [own, former, () => undefined],
    ] as const) {
        it(`moves from ${from} to ${to} without one look of the watchdog that fails`, async () => {
            const { looks, stop } = keepLooking();
            const source = file();
            const up = await rekindle(
                "up",
                ...(source === undefined ? [] : ["--config-file", source]),
            );
            // Also after the former record is gone.
            const count = looks.length;
            await until("three more looks", 60, () => looks.length > count + 3 || undefined);
            await stop();
            assert.equal(up.exit, 0, up.output);
            assert.ok(looks.length > 10, `${looks.length} looks: this proves nothing`);
            for (const { down, blind, silence } of looks) {
                assert.deepEqual([down, blind, silence], [undefined, undefined, undefined]);
            }
            assert.deepEqual(await healthRecords(), [to]);
            const visit = await internet.visit(`https://${to}/`);
            assert.ok("status" in visit && visit.status === 204, JSON.stringify(visit));
            console.log(`        ${looks.length} looks, none of which found anything`);
        });
    }

    it("has nothing left to do", async () => {
        const preview = await rekindle("preview");
        assert.deepEqual(preview.report.changes, [], preview.output);
    });

    it("loses no request, and sends nobody a message", async () => {
        const seen = await internet.stopPoll(poll);
        assert.deepEqual(Object.keys(seen.counts), ["200"], JSON.stringify(seen.failures));
        assert.ok((seen.counts["200"] ?? 0) > 100, JSON.stringify(seen.counts));
        const told = (await texts(begun)).filter((text) => /^(🔇|🔥|⚠️)/u.test(text));
        assert.deepEqual(told, []);
    });
});

describe("Cloudflare Access in front of the health hostname", () => {
    let begun: number;
    before(async () => {
        await quiet();
        begun = (await internet.messages()).length;
        await verb("fault", "edge", "access", "--host", own);
    });
    after(async () => verb("fault", "clear"));

    it("is no proof of the tunnel to `up`, which says what answers instead", async () => {
        const up = await rekindle("up");
        assert.notEqual(up.exit, 0);
        const tunnel = up.report.checks.find(({ name }) => name === "tunnel dev");
        assert.equal(tunnel?.ok, false);
        assert.match(
            tunnel.detail,
            /cannot be judged: something in front answers, Cloudflare Access, with 302/,
        );
        // The service is behind another hostname, and fine.
        const git = up.report.checks.find(({ name }) => name === "GET https://git.home.example/");
        assert.equal(git?.ok, true);
    });

    it("is reported once, by name, and so is that the tunnel can be judged again", async () => {
        await lookTimes(3);
        const [blind = "", ...more] = (await texts(begun)).filter((text) => text.startsWith("🔇"));
        assert.match(blind, /^🔇 Whether visitors get an answer cannot be judged/);
        assert.match(blind, /It is Cloudflare Access, with 302\./);
        assert.match(blind, /\/runbooks\/SiteSilent$/);
        assert.deepEqual(more, []);
        await verb("fault", "clear");
        await lookTimes(1);
        const back = (await texts(begun)).filter((text) => text.startsWith("✅ The health"));
        assert.equal(back.length, 1, (await texts(begun)).join("\n"));
    });
});
