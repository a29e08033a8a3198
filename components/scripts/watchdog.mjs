// A dead man's switch, as a Cloudflare Worker: something outside the house that notices when nothing comes from it any more.
// Alerting sends a heartbeat every four minutes; every three minutes this looks how old the last one is and asks
// the tunnel's health hostname. It tells Telegram itself, once per silence, every six hours while it lasts, and when it is over.
//
// No secret stands in here: bindings bring BOT_TOKEN, CHAT_ID, THREAD_ID ("" for none), HEARTBEAT_SECRET, HEALTH_URL,
// RUNBOOKS and the KV namespace STATE. Fits into Workers' free plan: 480 runs a day of 100,000, and KV, which takes 1,000 writes a
// day, is written by heartbeats (at most every two minutes), when something changed, and when somebody asks it to keep quiet.

/** @typedef {{ get(key: string): Promise<string | null>, put(key: string, value: string, options?: { expirationTtl: number }): Promise<void> }} Store */
/** @typedef {{ BOT_TOKEN: string, CHAT_ID: string, THREAD_ID: string, HEARTBEAT_SECRET: string, HEALTH_URL: string,
 *   RUNBOOKS: string, STATE: Store }} Bindings */
/** What is silent. `site`: heartbeats come, and visitors get no answer.
 * @typedef {"house" | "alerting" | "site"} Kind */
/** What the last look left; times in milliseconds.
 * `begun` is the first look of all: from then on a heartbeat is missed. `down`: since when the health hostname gave no answer.
 * @typedef {{ begun: number, down?: number, silence?: { kind: Kind, since: number, told: number } }} Watch */

const minute = 60_000;
/** Two heartbeats missed, and two minutes of grace. */
const silentAfter = 10 * minute;
const remindAfter = 6 * 60 * minute;
/** A heartbeat that comes sooner after the last is not written. */
const writeAfter = 2 * minute;
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
        if (now - Number((await env.STATE.get("beat")) ?? 0) >= writeAfter) {
            await env.STATE.put("beat", String(now));
        }
        return answer(204);
    },

    /**
     * @param {{ scheduledTime: number }} controller
     * @param {Bindings} env
     */
    async scheduled({ scheduledTime: now }, env) {
        const [beat, kept, muted, site] = await Promise.all([
            env.STATE.get("beat"),
            env.STATE.get("watch"),
            env.STATE.get("mute"),
            answers(env.HEALTH_URL),
        ]);
        /** @type {Watch} */
        const before = kept === null ? { begun: now } : JSON.parse(kept);
        const seen = { now, beat: Number(beat ?? before.begun), site, muted: Number(muted) > now };
        const { after, text } = look(before, seen);
        if (text !== undefined) {
            // Before it is noted as told: what did not get through is tried again at the next run.
            await tell(`${text}\n${env.RUNBOOKS}/${runbook(before, after)}`, env);
        }
        if (kept !== JSON.stringify(after)) {
            await env.STATE.put("watch", JSON.stringify(after));
        }
    },
};

/**
 * Keeps quiet for as many seconds as the body says, from now; 0 ends it.
 * @param {string} body
 * @param {Bindings} env
 */
async function mute(body, env) {
    const seconds = body === "" ? NaN : Number(body);
    if (!(seconds >= 0 && seconds * 1000 <= longestMute)) {
        return answer(400);
    }
    const end = Date.now() + seconds * 1000;
    const expirationTtl = Math.max(Math.ceil(seconds), shortestLife);
    await env.STATE.put("mute", String(end), { expirationTtl });
    return new Response(String(end));
}

/**
 * What one look finds. Pure.
 * @param {Watch} before
 * @param {{ now: number, beat: number, site: boolean, muted?: boolean }} seen `muted`: what is silent when that ends is told then
 * @returns {{ after: Watch, text?: string }} `text` is to be told
 */
export function look(before, { now, beat, site, muted = false }) {
    const { begun, silence } = before;
    const down = site ? undefined : (before.down ?? now);
    /** @param {Watch["silence"]} silence */
    const watch = (silence) => ({
        begun,
        ...(down === undefined ? {} : { down }),
        ...(silence === undefined ? {} : { silence }),
    });
    if (muted) {
        return { after: watch(silence) };
    }
    const kind = silentKind({ now, beat, down, twice: before.down !== undefined });
    if (silence !== undefined) {
        const over = now - beat <= silentAfter && site;
        if (over) {
            const end = silence.kind === "site" ? now : beat;
            return { after: watch(undefined), text: overText(silence.kind, end - silence.since) };
        }
        // A better look at the same silence; that a part of it is over is told with the rest.
        const other = kind !== silence.kind && (kind === "house" || silence.kind === "site");
        const current = (other ? kind : undefined) ?? silence.kind;
        const told = current !== silence.kind || now - silence.told >= remindAfter;
        return told
            ? {
                  after: watch({ ...silence, kind: current, told: now }),
                  text: silentText(current, silence.since, now),
              }
            : { after: watch(silence) };
    }
    if (kind === undefined) {
        return { after: watch(undefined) };
    }
    const since = kind === "site" ? (down ?? now) : beat;
    return { after: watch({ kind, since, told: now }), text: silentText(kind, since, now) };
}

/**
 * @param {{ now: number, beat: number, down: number | undefined, twice: boolean }} seen `twice`: no answer at the last look either
 * @returns {Kind | undefined}
 */
function silentKind({ now, beat, down, twice }) {
    const missing = down !== undefined && twice;
    if (now - beat > silentAfter) {
        return missing ? "house" : "alerting";
    }
    // A heartbeat that was sent after the answers stopped: before it the whole house may be gone, and one message is enough.
    return missing && beat > down ? "site" : undefined;
}

const names = {
    house: "The house is silent: no heartbeat comes from it, and its health hostname does not answer.",
    alerting:
        "Alerting is silent: the site answers, but no heartbeat comes. Nobody would tell of a fault.",
    site: "The site is silent: heartbeats come, but visitors get no answer.",
};
const backNames = { house: "The house", alerting: "Alerting", site: "The site" };

/**
 * @param {Kind} kind
 * @param {number} since
 * @param {number} now
 */
function silentText(kind, since, now) {
    const when = new Date(since).toISOString().slice(0, 16).replace("T", " ");
    return `🔇 ${names[kind]}\nSince ${when} UTC, ${duration(now - since)}.`;
}

/**
 * @param {Kind} kind
 * @param {number} lasted
 */
function overText(kind, lasted) {
    return `✅ ${backNames[kind]} is back after ${duration(lasted)}.`;
}

/**
 * @param {Watch} before
 * @param {Watch} after
 */
function runbook(before, after) {
    const { kind = "house" } = after.silence ?? before.silence ?? {};
    return { house: "HouseSilent", alerting: "AlertingSilent", site: "SiteSilent" }[kind];
}

/**
 * `1 d 4 h`, `2 h 5 min`, `12 min`.
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
    const minutes = Math.round(milliseconds / minute);
    const parts = [
        [Math.floor(minutes / 1440), "d"],
        [Math.floor(minutes / 60) % 24, "h"],
        [minutes % 60, "min"],
    ];
    const first = parts.findIndex(([count]) => count !== 0);
    const shown = first < 0 ? parts.slice(2) : parts.slice(first, first + 2);
    return shown
        .filter(([count], index) => index === 0 || count !== 0)
        .map((part) => part.join(" "))
        .join(" ");
}

/**
 * Whether the tunnel answers. Cloudflare's own 52x and 530 mean that it does not; every other answer, a refused bot too, came through.
 * @param {string} url
 */
async function answers(url) {
    try {
        const { status } = await fetch(url, {
            redirect: "manual",
            signal: AbortSignal.timeout(15_000),
        });
        return status < 520 || status > 530;
    } catch {
        return false;
    }
}

/**
 * @param {string} text
 * @param {Bindings} env
 * @throws without the token in the message
 */
async function tell(text, { BOT_TOKEN, CHAT_ID, THREAD_ID }) {
    const response = await fetch(`https://api.telegram.org/bot${BOT_TOKEN}/sendMessage`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
            chat_id: CHAT_ID,
            ...(THREAD_ID === "" ? {} : { message_thread_id: Number(THREAD_ID) }),
            text,
            link_preview_options: { is_disabled: true },
        }),
        signal: AbortSignal.timeout(15_000),
    }).catch(() => undefined);
    if (response?.ok !== true) {
        throw new Error(
            `Telegram did not take the message: ${response === undefined ? "no answer" : response.status}. It is tried again at the next run.`,
        );
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
