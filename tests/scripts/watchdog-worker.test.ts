import assert from "node:assert/strict";
import { watchdogScript } from "../../components/dead-mans-switch";
import { Clock } from "../../lab/cloudflare/clock";
import { Workers } from "../../lab/cloudflare/workers";

const minute = 60_000;

describe("watchdog.mjs in workerd", () => {
    let clock: Clock;
    let workers: Workers;
    let site: number;
    let front: Record<string, string>;
    let telegram: number;
    /** The chat's id since it became one. */
    let supergroup: string | undefined;
    let sent: { url: string; body: Record<string, unknown> }[];

    beforeEach(async () => {
        clock = new Clock();
        [site, front, telegram, sent] = [204, {}, 200, []];
        supergroup = undefined;
        workers = new Workers({
            clock,
            fetch: async (request) => {
                if (new URL(request.url).hostname === "api.telegram.org") {
                    const body = (await request.json()) as Record<string, unknown>;
                    sent.push({ url: request.url, body });
                    const moved = supergroup !== undefined && body["chat_id"] !== supergroup;
                    const parameters = { migrate_to_chat_id: Number(supergroup) };
                    return moved
                        ? Response.json({ ok: false, parameters }, { status: 400 })
                        : new Response("{}", { status: telegram });
                }
                return new Response(null, { status: site, headers: front });
            },
        });
        const text = (name: string, value: string) =>
            ({ type: "plain_text", name, text: value }) as const;
        await workers.deploy("watchdog", {
            mainModule: "watchdog.mjs",
            content: watchdogScript(),
            compatibilityDate: "2026-01-01",
            bindings: [
                { type: "secret_text", name: "BOT_TOKEN", text: "1:secret" },
                { type: "secret_text", name: "HEARTBEAT_SECRET", text: "beat" },
                text("CHAT_ID", "-1001"),
                text("THREAD_ID", "4"),
                text("HEALTH_URL", "https://tunnel-health.home.example/"),
                text("RUNBOOKS", "https://runbooks.example"),
                { type: "kv_namespace", name: "STATE", namespace_id: "state" },
            ],
        });
        workers.schedule("watchdog", ["*/3 * * * *"]);
    });
    afterEach(async () => workers.close());

    const ask = async (path: string, init: RequestInit = {}) => {
        const url = `https://watchdog.me.workers.dev${path}`;
        return (await workers.dispatch("watchdog", new Request(url, init)))?.status;
    };
    const beat = async (secret = "beat") =>
        ask("/heartbeat", {
            method: "POST",
            headers: { authorization: `Bearer ${secret}` },
            body: "{}",
        });
    /** Lets time go by, with heartbeats or without. */
    const pass = async (minutes: number, beats: boolean) => {
        for (let at = 0; at < minutes; at++) {
            if (beats && at % 4 === 0) {
                assert.equal(await beat(), 204);
            }
            clock.reach(clock.now() + minute);
            await workers.runDue();
        }
    };

    it("takes heartbeats with the secret only, and answers nothing else", async () => {
        assert.deepEqual(
            [
                await beat(),
                await beat("other"),
                await ask("/heartbeat", { method: "POST" }),
                await ask("/heartbeat"),
                await ask("/"),
            ],
            [204, 401, 401, 405, 404],
        );
    });

    it("tells once that the house is silent, by name, with a runbook, and that it is back", async () => {
        await pass(8, true);
        site = 530;
        await pass(60, false);
        assert.equal(sent.length, 1);
        const [{ url, body } = { url: "", body: {} }] = sent;
        assert.equal(url, "https://api.telegram.org/bot1:secret/sendMessage");
        assert.deepEqual([body["chat_id"], body["message_thread_id"]], ["-1001", 4]);
        assert.match(String(body["text"]), /^🔇 The house is silent/);
        assert.match(String(body["text"]), /\nhttps:\/\/runbooks\.example\/HouseSilent$/);
        site = 204;
        await pass(8, true);
        assert.equal(sent.length, 2);
        assert.match(String(sent[1]?.body["text"]), /^✅ The house is back after 1 h 4 min\./);
    });

    for (const [who, status, headers, words] of [
        [
            "Cloudflare Access",
            302,
            { location: "https://me.cloudflareaccess.com/cdn-cgi/access/login/x" },
            "Cloudflare Access, with 302",
        ],
        [
            "a challenge page",
            403,
            { "cf-mitigated": "challenge" },
            "a challenge page of Cloudflare's, with 403",
        ],
        ["a page of somebody else's", 200, {}, "an answer 200"],
    ] as const) {
        it(`does not take ${who} in front of the health hostname for a house that is alive`, async () => {
            await pass(8, true);
            [site, front] = [status, headers];
            await pass(7, true);
            const texts = () => sent.map(({ body }) => String(body["text"]));
            assert.equal(sent.length, 1, texts().join("\n"));
            assert.match(texts()[0] ?? "", /^🔇 Whether visitors get an answer cannot be judged/);
            assert.ok(String(texts()[0]).includes(`It is ${words}.`), texts()[0]);
            assert.match(texts()[0] ?? "", /\/SiteSilent$/);
            await pass(15, false);
            assert.equal(sent.length, 2, texts().join("\n"));
            assert.match(
                texts()[1] ?? "",
                /^🔇 No heartbeat comes from the house\. Whether it is alive cannot be judged/,
            );
            assert.match(texts()[1] ?? "", /\/HouseSilent$/);
        });
    }

    it("keeps quiet for as long as it is told to and no longer, then tells what is still so", async () => {
        const mute = async (seconds: string, secret = "beat") =>
            ask("/mute", {
                method: "POST",
                headers: { authorization: `Bearer ${secret}` },
                body: seconds,
            });
        await pass(8, true);
        site = 530;
        const texts = () => sent.map(({ body }) => String(body["text"]));
        assert.deepEqual(
            [await mute("1800"), await mute("1800", "other"), await mute("3601"), await mute("")],
            [200, 401, 400, 400],
        );
        await pass(30, false);
        assert.equal(sent.length, 0);
        await pass(7, false);
        assert.equal(sent.length, 1);
        assert.match(texts()[0] ?? "", /^🔇 The house is silent/);
        await mute("1800");
        site = 204;
        await pass(4, true);
        assert.equal(sent.length, 1);
        assert.equal(await mute("0"), 200);
        await pass(4, true);
        assert.match(texts()[1] ?? "", /^✅ The house is back/);
    });

    it("tells again what Telegram did not take", async () => {
        telegram = 500;
        await pass(15, false);
        telegram = 200;
        const tries = sent.length;
        await pass(3, false);
        assert.equal(sent.length, tries + 1);
        await pass(9, false);
        assert.equal(sent.length, tries + 1);
        assert.ok(workers.runs.some(({ outcome }) => outcome === "exception"));
    });

    it("follows a group that became a supergroup, and says which key to change", async () => {
        await pass(8, true);
        [site, supergroup] = [530, "-100777"];
        await pass(60, false);
        const texts = sent
            .filter(({ body }) => body["chat_id"] === supergroup)
            .map(({ body }) => String(body["text"]));
        assert.equal(texts.length, 1, texts.join("\n"));
        assert.match(texts[0] ?? "", /^🔇 The house is silent/);
        assert.match(
            texts[0] ?? "",
            /set chatId in rekindle:telegram to "-100777" and run pulumi up/,
        );
    });

    it("writes no more than KV takes in a day while Telegram takes nothing", async () => {
        telegram = 403;
        for (let at = 0; at < 360; at++) {
            site = 530;
            assert.equal(await beat(), 204);
            clock.reach(clock.now() + minute);
            await workers.runDue();
        }
        const most = Math.max(...Object.values(workers.writes()));
        assert.ok(sent.length > 50 && most < 1000 / 4, `${most} writes`);
    }).timeout(120_000);

    it("says once that KV takes no more writes, which other Workers of the account have used up", async () => {
        await pass(8, true);
        const headers = { authorization: "Bearer beat" };
        while ((await ask("/mute", { method: "POST", headers, body: "0" })) === 200) {
            // Each is a write.
        }
        await pass(60, false);
        const texts = sent.map(({ body }) => String(body["text"]));
        assert.equal(texts.length, 1, texts.join("\n"));
        assert.match(texts[0] ?? "", /^🔇 The dead man's switch can no longer remember/);
    }).timeout(120_000);

    it("writes to KV less in a day than the free plan allows, also with a flood of heartbeats and a site that comes and goes", async function () {
        this.timeout(120_000);
        // Six hours are enough: each is like the one before.
        for (let at = 0; at < 360; at++) {
            assert.equal(await beat(), 204);
            site = at % 6 < 3 ? 204 : 530;
            clock.reach(clock.now() + minute);
            await workers.runDue();
        }
        const most = Math.max(...Object.values(workers.writes()));
        assert.ok(most < 1000 / 4, `${most} writes`);
        assert.ok(most > 50, `${most} writes: nothing was counted`);
        assert.deepEqual(sent, []);
    });
});
