// Sends one message through the bot, and fails with the reason and what to do if Telegram does not take it: a wrong token or chat shows now
// and not at the first alert. Pulumi runs it at the first `up`, and when token, chat or thread changed.
//
//   node telegram-receipt.mjs < FILE     FILE is JSON: { token, chatId, threadId?, text }
//
// Environment: TELEGRAM_URL, another address than Telegram's own, for tests. The token is printed nowhere.
// Exit codes: 0 delivered, 3 refused, 4 Telegram cannot be reached, 64 wrong call.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import "./slow-uplink.mjs";

/** @typedef {{ token: string, chatId: string, threadId?: number, text: string }} Wanted */
/** @typedef {{ ok: boolean, description?: string, result?: { message_id: number, chat: { title?: string, first_name?: string } },
 *   parameters?: { retry_after?: number, migrate_to_chat_id?: number } }} Answer */

const base = process.env["TELEGRAM_URL"] ?? "https://api.telegram.org";
/** Milliseconds that Telegram may stay out of reach. */
const patience = 60_000;

/**
 * @param {Wanted} wanted
 * @returns {Promise<{ status: number, answer: Answer | undefined }>} no answer where it is not Telegram's: a proxy's page may repeat
 *   the address, with the token
 * @throws when there is none, without the token in the message
 */
async function send({ token, chatId, threadId, text }) {
    const response = await fetch(`${base}/bot${token}/sendMessage`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
            chat_id: chatId,
            ...(threadId === undefined ? {} : { message_thread_id: threadId }),
            text,
        }),
        redirect: "manual",
        signal: AbortSignal.timeout(15_000),
    });
    const answer = await response.json().catch(() => undefined);
    return { status: response.status, answer: answer?.ok === undefined ? undefined : answer };
}

/**
 * Sends it, and tries again while that can help.
 * @param {Wanted} wanted
 * @returns {Promise<{ status: number, answer: Answer } | string>} or why it was not reached
 */
async function persist(wanted) {
    const end = Date.now() + patience;
    for (let pause = 1000; ; pause = Math.min(pause * 2, 15_000)) {
        let why;
        let wait = pause;
        try {
            const { status, answer } = await send(wanted);
            if (answer !== undefined && status !== 429 && status < 500) {
                return { status, answer };
            }
            why = `answered ${status}${answer === undefined ? ", but not as Telegram does" : ""}`;
            wait = (answer?.parameters?.retry_after ?? 0) * 1000 || pause;
        } catch (error) {
            const { cause } = /** @type {Error & { cause?: Error }} */ (error);
            why = `gave no answer: ${(cause ?? /** @type {Error} */ (error)).message}`;
        }
        if (Date.now() + wait > end) {
            return why;
        }
        console.error(`Telegram ${why}. Trying again in ${wait / 1000} s.`);
        await sleep(wait);
    }
}

/**
 * What is wrong, and what to do, in Telegram's own order of checks.
 * @param {number} status
 * @param {Answer} answer
 * @param {Wanted} wanted
 */
function advice(status, { description = "", parameters = {} }, { chatId, threadId }) {
    const said = `(Telegram: ${status} ${description})`;
    const moved = parameters.migrate_to_chat_id;
    if (moved !== undefined) {
        return `The group ${chatId} became a supergroup, and its id is ${moved} now: set rekindle:telegram.chatId to "${moved}". ${said}`;
    }
    if (status === 401 || status === 404) {
        return `Telegram does not know this bot token: \`pulumi config set --secret telegramToken\` with the one that @BotFather shows. ${said}`;
    }
    if (/thread/i.test(description)) {
        return `Chat ${chatId} has no topic ${threadId}: correct rekindle:telegram.threadId, or leave it out. ${said}`;
    }
    if (status === 403 || /chat not found|not a member|rights/i.test(description)) {
        return `The bot may not write to chat ${chatId}: add it to that group, as an administrator of a channel, or send it a message yourself first; or correct rekindle:telegram.chatId. ${said}`;
    }
    return `Telegram refused the test message to chat ${chatId}. ${said}`;
}

/** @returns {Promise<number>} the exit code */
async function main() {
    /** @type {Wanted} */
    let wanted;
    try {
        wanted = JSON.parse(readFileSync(0, "utf8"));
    } catch {
        console.error(
            "telegram-receipt.mjs: standard input is not JSON. Its head says how to call it.",
        );
        return 64;
    }
    const sent = await persist(wanted);
    if (typeof sent === "string") {
        console.error(
            `Telegram cannot be reached from this computer: it ${sent}. Nothing was delivered; run the same command again later.`,
        );
        return 4;
    }
    const { status, answer } = sent;
    if (!answer.ok || answer.result === undefined) {
        console.error(advice(status, answer, wanted));
        return 3;
    }
    const { message_id: id, chat } = answer.result;
    console.log(`delivered message ${id} to ${chat.title ?? chat.first_name ?? "the chat"}`);
    return 0;
}

process.exit(await main());
