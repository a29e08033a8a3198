import assert from "node:assert/strict";
import { serveChat } from "../lab/chat";
import type { Message } from "../lab/telegram/chats";
import { chatItems, chatPage } from "../lab/telegram/chat-page";
import { parseHtml } from "../lab/telegram/html";

const chat = { id: -1, type: "supergroup", title: "Home", topics: { 4: "Alerts" } } as const;
const said = (html: string, changes: Partial<Message> = {}): Message => ({
    ...{ id: 1, time: "2026-11-23T18:41:30.488Z", chatId: -1, threadId: null, silent: false },
    ...parseHtml(html),
    ...changes,
});
const shown = (html: string) =>
    /<p class="text">(.*?)<\/p>/s.exec(chatItems([said(html)], [chat]))?.[1];

describe("the page of the chat", () => {
    it("shows what is bold, cursive or a link as Telegram does, also inside each other", () => {
        assert.equal(shown("a <b>b <i>c</i></b> d<u>e</u>"), "a <b>b <i>c</i></b> d<u>e</u>");
        assert.equal(
            shown('<a href="https://home.example/">x</a>'),
            '<a href="https://home.example/">x</a>',
        );
    });

    it("makes links of addresses", () => {
        assert.equal(
            shown("see https://home.example/a now"),
            'see <a href="https://home.example/a">https://home.example/a</a> now',
        );
    });

    it("shows what a label holds as text", () => {
        const label = "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;";
        const text = shown(`<b>${label}</b>`) ?? "";
        assert.ok(!text.includes("<script"), text);
        assert.match(text, /&lt;script>alert\(1\)&lt;\/script> &amp;/);
    });

    it("says chat, topic, time, and that a message came without a sound", () => {
        const item = chatItems([said("x", { threadId: 4, silent: true })], [chat]);
        assert.match(item, /Home › Alerts/);
        assert.match(item, /without a sound/);
        assert.match(item, /<time datetime="2026-11-23T18:41:30\.488Z">2026-11-23 18:41 UTC</);
    });

    it("says so when there is nothing yet", () => {
        assert.match(chatPage([], [chat]), /<p id="none">Nothing has been told yet/);
        assert.match(chatPage([said("x")], [chat]), /<p id="none" hidden/);
    });

    it("is served, and what came since is asked for", async () => {
        const all = [said("one"), said("two", { id: 2 })];
        const { url, close } = await serveChat({ messages: async () => Promise.resolve(all) });
        try {
            const page = await fetch(url, { signal: AbortSignal.timeout(2_000) });
            assert.match(await page.text(), /<!doctype html>.*one.*two/s);
            assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/);
            const later = await (await fetch(`${url}/after/1`)).text();
            assert.match(later, /^<li.*two.*<\/li>$/s);
        } finally {
            await close();
        }
    });
});
