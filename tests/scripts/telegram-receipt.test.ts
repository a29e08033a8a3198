import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Faults } from "../../lab/cloudflare/faults";
import { startBotApi } from "../../lab/telegram/bot-api";
import { Chats } from "../../lab/telegram/chats";
import { finish, start } from "../script";

describe("telegram-receipt.mjs", () => {
    const token = `123456:${"A".repeat(35)}`;
    let chats: Chats;
    let faults: Faults;
    let api: Awaited<ReturnType<typeof startBotApi>>;
    before(async () => {
        chats = new Chats([
            { id: -1001, type: "supergroup", title: "Home", topics: { 4: "Alerts" } },
            { id: -7, type: "group", title: "Old", migratedTo: -1001 },
            { id: -8, type: "group", title: "Strangers", member: false },
        ]);
        faults = new Faults();
        const endpoint = { host: "127.0.0.1", port: 0 };
        api = await startBotApi({ ...endpoint, token: () => token, chats, faults });
    });
    after(async () => api.close());
    afterEach(async () => {
        await faults.clear();
        chats.messages.length = 0;
    });

    const run = async (changes: object = {}, port = api.port) =>
        finish(
            start(
                ["components/scripts/telegram-receipt.mjs"],
                { TELEGRAM_URL: `http://127.0.0.1:${port}` },
                JSON.stringify({ token, chatId: "-1001", text: "hello", ...changes }),
            ),
        );

    it("sends one message and says to which chat it went", async () => {
        const { code, stdout } = await run({ threadId: 4 });
        assert.equal(code, 0);
        assert.equal(stdout, "delivered message 1 to Home\n");
        assert.deepEqual(
            chats.messages.map(({ text, threadId }) => [text, threadId]),
            [["hello", 4]],
        );
    });

    for (const [what, changes, expected] of [
        [
            "a wrong token",
            { token: `1:${"B".repeat(35)}` },
            /does not know this bot token: `pulumi/,
        ],
        ["a chat that is not there", { chatId: "-9" }, /may not write to chat -9: add it to that/],
        ["a chat without the bot", { chatId: "-8" }, /may not write to chat -8: add it to that/],
        ["a topic that is not there", { threadId: 5 }, /has no topic 5: correct rekindle:telegram/],
        [
            "a group that became a supergroup",
            { chatId: "-7" },
            /became a supergroup, and its id is -1001 now: set rekindle:telegram\.chatId to "-1001"/,
        ],
    ] as const) {
        it(`tells ${what} and what to do, in one sentence and without the token`, async () => {
            const { code, stderr } = await run(changes);
            assert.equal(code, 3);
            assert.match(stderr, expected);
            assert.equal(stderr.trim().split("\n").length, 1);
            assert.doesNotMatch(stderr, /AAAA|BBBB/);
            assert.deepEqual(chats.messages, []);
        });
    }

    it("does not take a proxy's page for Telegram's answer, nor prints what it repeats", async () => {
        const pages = [
            (url: string) => `${url} is blocked`,
            () => "null",
            () => '{"ok":true,"result":{"message_id":3,"chat":{"title":"Home"}}}',
        ];
        const proxy = createServer(({ url = "" }, response) => {
            response.end(pages.shift()?.(url));
        }).listen(0, "127.0.0.1");
        await once(proxy, "listening");
        const { code, stdout, stderr } = await run({}, (proxy.address() as AddressInfo).port);
        proxy.close();
        assert.deepEqual([code, stdout], [0, "delivered message 3 to Home\n"]);
        assert.match(
            stderr,
            /^Telegram answered 200, but not as Telegram does\. Trying again in 1 s/,
        );
        assert.doesNotMatch(stderr, /123456|AAAA|bot/);
    });

    it("tells a channel in which the bot has no rights", async () => {
        const description = "Bad Request: need administrator rights in the channel chat";
        const telegram = createServer((_request, response) => {
            response.writeHead(400).end(JSON.stringify({ ok: false, description }));
        }).listen(0, "127.0.0.1");
        await once(telegram, "listening");
        const { code, stderr } = await run({}, (telegram.address() as AddressInfo).port);
        telegram.close();
        assert.equal(code, 3);
        assert.match(stderr, /may not write to chat -1001: .* as an administrator of a channel/);
    });

    it("waits as long as Telegram asks it to", async () => {
        await run();
        const { code, stderr } = await run();
        assert.equal(code, 0);
        assert.match(stderr, /Telegram answered 429\. Trying again in 1 s\./);
        assert.equal(chats.messages.length, 2);
    });

    it("tells what is no JSON", async () => {
        const script = ["components/scripts/telegram-receipt.mjs"];
        const { code } = await finish(start(script, {}, "token"));
        assert.equal(code, 64);
    });
});
