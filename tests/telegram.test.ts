import assert from "node:assert/strict";
import { Faults } from "../lab/cloudflare/faults";
import { startBotApi } from "../lab/telegram/bot-api";
import { Chats, type Chat } from "../lab/telegram/chats";
import { parseHtml } from "../lab/telegram/html";

const group: Chat = { id: -1001, type: "supergroup", title: "Home", topics: { 4: "Alerts" } };
const chats: readonly Chat[] = [
    group,
    { id: -7, type: "group", title: "Old", migratedTo: -1001 },
    { id: -8, type: "group", title: "Strangers", member: false },
    { id: 42, type: "private", title: "Ada" },
];

describe("the Telegram stand-in", () => {
    let now: number;
    let held: Chats;
    let api: Awaited<ReturnType<typeof startBotApi>>;
    beforeEach(async () => {
        now = Date.parse("2026-01-01T00:00:00Z");
        held = new Chats(chats, undefined, () => now);
        const endpoint = { host: "127.0.0.1", port: 0 };
        api = await startBotApi({
            ...{ ...endpoint, token: () => "1:secret", chats: held, faults: new Faults() },
        });
    });
    afterEach(async () => api.close());

    const call = async (body: object, token = "1:secret", method = "sendMessage") => {
        const form = body instanceof FormData || body instanceof URLSearchParams;
        const response = await fetch(`http://127.0.0.1:${api.port}/bot${token}/${method}`, {
            method: "POST",
            body: form ? body : JSON.stringify(body),
            ...(form ? {} : { headers: { "content-type": "application/json" } }),
        });
        return { status: response.status, answer: (await response.json()) as { ok: boolean } };
    };
    const refused = async (body: object, token?: string, method?: string) => {
        const { answer } = await call(body, token, method);
        assert.equal(answer.ok, false);
        return answer as { error_code?: number; description?: string; parameters?: object };
    };

    it("takes a message as JSON, as a form and as multipart, and keeps it", async () => {
        const multipart = new FormData();
        multipart.set("chat_id", "-1001");
        multipart.set("text", "c");
        const bodies = [
            { chat_id: -1001, text: "a", disable_notification: true },
            new URLSearchParams({ chat_id: "-1001", text: "b" }),
            multipart,
        ];
        for (const body of bodies) {
            assert.equal((await call(body)).status, 200);
            now += 1000;
        }
        assert.deepEqual(
            held.messages.map(({ text, silent }) => [text, silent]),
            [
                ["a", true],
                ["b", false],
                ["c", false],
            ],
        );
    });

    it("answers as Telegram does", async () => {
        const { answer } = await call({
            ...{ chat_id: "-1001", message_thread_id: 4 },
            ...{ parse_mode: "HTML", text: "🔥 <b>Low</b>" },
        });
        assert.deepEqual(answer, {
            ok: true,
            result: {
                message_id: 1,
                message_thread_id: 4,
                date: now / 1000,
                chat: { id: -1001, type: "supergroup", title: "Home" },
                text: "🔥 Low",
                entities: [{ type: "bold", offset: 3, length: 3 }],
            },
        });
    });

    it("refuses a wrong token, an unknown chat, one it is no member of, a topic that is not there", async () => {
        assert.equal((await refused({}, "1:other")).description, "Unauthorized");
        assert.equal(
            (await refused({ chat_id: 9, text: "a" })).description,
            "Bad Request: chat not found",
        );
        assert.equal((await refused({ chat_id: -8, text: "a" })).error_code, 403);
        assert.equal(
            (await refused({ chat_id: -1001, text: "a", message_thread_id: 5 })).description,
            "Bad Request: message thread not found",
        );
        assert.equal((await refused({}, "1:secret", "getUpdates")).error_code, 404);
        assert.deepEqual(held.messages, []);
    });

    it("tells the new id of a group that became a supergroup", async () => {
        assert.deepEqual((await refused({ chat_id: -7, text: "a" })).parameters, {
            migrate_to_chat_id: -1001,
        });
    });

    it("refuses over 4,096 characters, counted after the formatting is read, and nothing at all", async () => {
        const long = { chat_id: -1001, parse_mode: "HTML", text: `<b>${"&amp;".repeat(4096)}</b>` };
        assert.equal((await call(long)).status, 200);
        now += 1000;
        assert.equal(
            (await refused({ chat_id: -1001, text: "a".repeat(4097) })).description,
            "Bad Request: message is too long",
        );
        assert.equal(
            (await refused({ chat_id: -1001, parse_mode: "HTML", text: "<b> </b>" })).description,
            "Bad Request: message text is empty",
        );
    });

    it("takes a message a second in each chat", async () => {
        assert.equal((await call({ chat_id: 42, text: "a" })).status, 200);
        const second = await refused({ chat_id: 42, text: "b" });
        assert.deepEqual([second.error_code, second.parameters], [429, { retry_after: 1 }]);
        assert.equal((await call({ chat_id: -1001, text: "b" })).status, 200);
        now += 1000;
        assert.equal((await call({ chat_id: 42, text: "b" })).status, 200);
    });

    it("takes 20 a minute in a group, and says when the next may come", async () => {
        for (let i = 0; i < 20; i++) {
            assert.equal((await call({ chat_id: -1001, text: "a" })).status, 200);
            now += 2000;
        }
        assert.deepEqual((await refused({ chat_id: -1001, text: "b" })).parameters, {
            retry_after: 20,
        });
        now += 20_000;
        assert.equal((await call({ chat_id: -1001, text: "b" })).status, 200);
    });
});

describe("parseHtml", () => {
    it("reads tags and entities, with the places that Telegram counts", () => {
        assert.deepEqual(parseHtml('a &lt;<i>🎉<b>b</b></i><a href="https://x/?a&amp;b">l</a>'), {
            text: "a <🎉bl",
            entities: [
                { type: "bold", offset: 5, length: 1 },
                { type: "italic", offset: 3, length: 3 },
                { type: "text_link", offset: 6, length: 1, url: "https://x/?a&b" },
            ],
        });
    });

    it("reads attributes of every kind, and tags in capitals or closed by </>", () => {
        const text = `<A id=1 href='x?a=">"'>a</a><blockquote expandable>b</blockquote><B\n>c</></>`;
        assert.throws(() => parseHtml(text), { message: /^Unexpected end tag/ });
        assert.deepEqual(parseHtml(text.slice(0, -3)), {
            text: "abc",
            entities: [
                { type: "text_link", offset: 0, length: 1, url: 'x?a=">"' },
                { type: "blockquote", offset: 1, length: 1 },
                { type: "bold", offset: 2, length: 1 },
            ],
        });
        const spoiler = '<span class="tg-spoiler">a</span>';
        assert.equal(parseHtml(spoiler).entities[0]?.type, "spoiler");
    });

    it("is done with a long text before a test's time is over", () => {
        assert.equal(parseHtml("&amp;".repeat(20_000)).text.length, 20_000);
        assert.throws(() => parseHtml(`<b${" a".repeat(20_000)}`));
    });

    it("knows the entities that Go's html escapes with, and leaves others as they are", () => {
        assert.equal(parseHtml("&#34;&#39;&amp;&gt;&#x41;&nbsp;&foo&").text, `"'&>A&nbsp;&foo&`);
    });

    for (const [text, problem] of [
        ["é<x>", 'Unsupported start tag "x" at byte offset 2'],
        ["1 < 2", 'Unsupported start tag "" at byte offset 2'],
        ["< b>a</b>", 'Unsupported start tag "" at byte offset 0'],
        ["a <", "Unclosed start tag at byte offset 2"],
        ["a <b", "Unclosed start tag at byte offset 2"],
        ['<a href="x', "Unclosed start tag at byte offset 0"],
        ['<b a="1"c>x</b>', "Unclosed start tag at byte offset 0"],
        ["<b>a</b", "Unclosed end tag at byte offset 4"],
        ["<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'],
        ["<b>a", 'Can\'t find end tag corresponding to start tag "b"'],
        ["a</b>", "Unexpected end tag at byte offset 1"],
        ["<b><i>a</b>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'],
    ] as const) {
        it(`refuses ${text}`, () => {
            assert.throws(() => parseHtml(text), { message: problem });
        });
    }
});
