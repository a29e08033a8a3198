// A dead man's switch, as a Cloudflare Worker: something outside the house that notices when nothing comes from it any more.
// Alerting sends a heartbeat every four minutes; every three minutes this looks how old the last one is and asks
// the tunnel's health hostname. It tells Telegram itself, once per silence, every six hours while it lasts, and when it is over.
// Only the connectors' own 204 proves the tunnel. Whoever else answers there (Cloudflare Access, a challenge page) says nothing about
// the house, and that is reported too.
//
// No secret stands in here: bindings bring BOT_TOKEN, CHAT_ID, THREAD_ID ("" for none), HEARTBEAT_SECRET, HEALTH_URL,
// RUNBOOKS and the KV namespace STATE. Fits into Workers' free plan: 480 runs a day of 100,000, and KV, which takes 1,000 writes a
// day of all Workers of an account, is written by heartbeats (at most every three minutes, whoever sends them: 360 a day), when something
// changed, and when somebody asks it to keep quiet.
// Whoever cannot remember would report the same thing every three minutes: when KV takes no more writes, it says so once.

/** @typedef {{ get(key: string): Promise<string | null>, put(key: string, value: string, options?: { expirationTtl: number }): Promise<void>,
 *   delete(key: string): Promise<void> }} Store */
/** @typedef {import("./watchdog-look.mjs").Watch} Watch */
/** @typedef {import("./watchdog-look.mjs").Site} Site */
/** @typedef {{ BOT_TOKEN: string, CHAT_ID: string, THREAD_ID: string, HEARTBEAT_SECRET: string, HEALTH_URL: string,
 *   RUNBOOKS: string, STATE: Store }} Bindings */
import { look, minute, runbook, timeOf, watchOf } from "./watchdog-look.mjs";

/** A heartbeat that comes sooner after the last is not written. */
const writeAfter = 3 * minute;
/** Nobody can silence it for longer at a time: whoever forgets that a drill runs is told again after an hour. */
const longestMute = 60 * minute;
/** The shortest life that KV gives a key. */
const shortestLife = 60;

export default {
    /**
     * @param {Request} request
     * @param {Bindings} env
     */
    async fetch(request, env) {
        const { pathname } = new URL(request.url);
        if (pathname !== "/heartbeat" && pathname !== "/mute") {
            return answer(404);
        }
        if (request.method !== "POST") {
            return answer(405);
        }
        const told = request.headers.get("authorization") ?? "";
        if (!(await same(told, `Bearer ${env.HEARTBEAT_SECRET}`))) {
            return answer(401);
        }
        if (pathname === "/mute") {
            return mute(await request.text(), env);
        }
        const now = Date.now();
        if (now - (timeOf(await env.STATE.get("beat"), now) ?? 0) >= writeAfter) {
            try {
                await env.STATE.put("beat", String(now));
            } catch {
                return answer(503);
            }
        }
        return answer(204);
    },

    /**
     * @param {{ scheduledTime: number }} controller
     * @param {Bindings} env
     */
    async scheduled({ scheduledTime: now }, env) {
        const [stored, kept, muted, site] = await Promise.all([
            env.STATE.get("beat"),
            env.STATE.get("watch"),
            env.STATE.get("mute"),
            siteAt(env.HEALTH_URL),
        ]);
        const before = watchOf(kept, now);
        let beat = timeOf(stored, now) ?? before.begun;
        if (stored !== null && timeOf(stored, now) === undefined) {
            // Not to be read, or of a clock that was ahead: the next one is waited for from here on.
            beat = now;
            await env.STATE.put("beat", String(now));
        }
        const quiet = timeOf(muted, now + longestMute) ?? 0;
        const seen = { now, beat, ...site, muted: quiet > now };
        const { after, text, untold } = look(before, seen);
        if (text === undefined) {
            if (kept !== JSON.stringify(after)) {
                await keep(after, kept, env);
            }
            // What does not get through is tried again at the next run. Written beforehand, it shows that this can be remembered.
        } else if (await keep(untold, kept, env)) {
            await tell(`${text}\n${env.RUNBOOKS}/${runbook(before, after)}`, env);
            await keep(after, kept, env);
        }
    },
};

/**
 * Writes down what a look left. When KV takes no more writes, all that lies there is deleted, the chat gets one message, and the first look that
 * can be written again begins anew. Deletions have a limit of their own.
 * @param {Watch} watch
 * @param {string | null} kept null when that has been told, or at the first look of all
 * @param {Bindings} env
 * @returns whether it is written
 */
async function keep(watch, kept, env) {
    try {
        await env.STATE.put("watch", JSON.stringify(watch));
        return true;
    } catch {
        if (kept !== null) {
            await Promise.all([env.STATE.delete("watch"), env.STATE.delete("beat")]);
            await tell(`🔇 ${forgetful}\n${env.RUNBOOKS}/AlertingSilent`, env);
        }
        return false;
    }
}

const forgetful =
    "The dead man's switch can no longer remember: KV takes no more writes of this Cloudflare account today. Until 00:00 UTC it reports nothing.";

/**
 * Keeps quiet for as many seconds as the body says, from now; 0 ends it.
 * @param {string} body
 * @param {Bindings} env
 */
async function mute(body, env) {
    const seconds = body.trim() === "" ? NaN : Number(body);
    if (!(seconds >= 0 && seconds * 1000 <= longestMute)) {
        return answer(400);
    }
    const end = Date.now() + seconds * 1000;
    const expirationTtl = Math.max(Math.ceil(seconds), shortestLife);
    await env.STATE.put("mute", String(end), { expirationTtl });
    return new Response(String(end));
}

/**
 * Asks the health hostname. 204 is the connectors' own answer, unless a cache rule has kept it. Cloudflare's 52x and 530 mean that no connector answers. Whatever else
 * comes is from something in front of them, and says nothing about them.
 * @param {string} url
 * @returns {Promise<{ site: Site, front?: string }>}
 */
async function siteAt(url) {
    try {
        const { status, headers } = await fetch(url, {
            redirect: "manual",
            signal: AbortSignal.timeout(15_000),
        });
        const isCached = /^(HIT|STALE|UPDATING)$/i.test(headers.get("cf-cache-status") ?? "");
        if (status === 204 && !isCached) {
            return { site: "up" };
        }
        return status >= 520 && status <= 530
            ? { site: "down" }
            : { site: "unknown", front: frontOf(status, headers, isCached) };
    } catch {
        return { site: "down" };
    }
}

/**
 * What answers in front of a tunnel, in words that somebody finds in Cloudflare's dashboard.
 * @param {number} status
 * @param {{ get(name: string): string | null }} headers
 * @param {boolean} [isCached]
 */
export function frontOf(status, headers, isCached = false) {
    if (isCached) {
        return `Cloudflare's cache, with ${status}`;
    }
    if (/^https:\/\/[^/]*\.cloudflareaccess\.com\//.test(headers.get("location") ?? "")) {
        return `Cloudflare Access, with ${status}`;
    }
    return headers.get("cf-mitigated") === "challenge"
        ? `a challenge page of Cloudflare's, with ${status}`
        : `an answer ${status}`;
}

/**
 * Tells the chat. A group that has become a supergroup has another id, which Telegram names when it refuses the old one: the message goes
 * there, with what to change.
 * @param {string} text
 * @param {Bindings} env
 * @throws without the token in the message
 */
async function tell(text, env) {
    let answer = await send(env.CHAT_ID, text, env);
    const { migrate_to_chat_id: other } = answer.parameters ?? {};
    if (!answer.ok && Number.isSafeInteger(other)) {
        const advice = `The chat has become a supergroup: set chatId in rekindle:telegram to "${other}" and run pulumi up.`;
        answer = await send(String(other), `${text}\n${advice}`, env);
    }
    if (!answer.ok) {
        throw new Error(
            `Telegram did not take the message: ${answer.status}. It is tried again at the next run.`,
        );
    }
}

/**
 * @param {string} chatId
 * @param {string} text
 * @param {Bindings} env
 * @returns {Promise<{ ok: boolean, status: string, parameters?: { migrate_to_chat_id?: number } }>}
 */
async function send(chatId, text, { BOT_TOKEN, THREAD_ID }) {
    try {
        const response = await fetch(`https://api.telegram.org/bot${BOT_TOKEN}/sendMessage`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({
                chat_id: chatId,
                ...(THREAD_ID === "" ? {} : { message_thread_id: Number(THREAD_ID) }),
                text,
                link_preview_options: { is_disabled: true },
            }),
            signal: AbortSignal.timeout(15_000),
        });
        const { ok, status } = response;
        const { parameters } = ok ? {} : await response.json().catch(() => ({}));
        return { ok, status: String(status), parameters };
    } catch {
        return { ok: false, status: "no answer" };
    }
}

/**
 * Compares in a time that tells nothing about where the texts differ: their digests, to the last byte.
 * @param {string} a
 * @param {string} b
 */
async function same(a, b) {
    const [one, other] = await Promise.all(
        [a, b].map((text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
    );
    const bytes = new Uint8Array(other ?? []);
    return (
        new Uint8Array(one ?? []).reduce((sum, byte, i) => sum | (byte ^ (bytes[i] ?? 0)), 0) === 0
    );
}

/** @param {number} status */
function answer(status) {
    return new Response(null, { status });
}
