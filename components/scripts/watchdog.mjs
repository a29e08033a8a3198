// A dead man's switch, as a Cloudflare Worker: something outside the house that notices when nothing comes from it any more.
// Alerting sends a heartbeat every four minutes; every three minutes this looks how old the last one is and asks
// the tunnel's health hostname. It tells Telegram itself, once per silence, every six hours while it lasts, and when it is over.
//
// No secret stands in here: bindings bring BOT_TOKEN, CHAT_ID, THREAD_ID ("" for none), HEARTBEAT_SECRET, HEALTH_URL,
// RUNBOOKS and the KV namespace STATE. Fits into Workers' free plan: 480 runs a day of 100,000, and KV, which takes 1,000 writes a
// day, is written by heartbeats (at most every three minutes, whoever sends them), when something changed (every three minutes at
// most), and when somebody asks it to keep quiet.

/** @typedef {{ get(key: string): Promise<string | null>, put(key: string, value: string, options?: { expirationTtl: number }): Promise<void> }} Store */
/** @typedef {{ BOT_TOKEN: string, CHAT_ID: string, THREAD_ID: string, HEARTBEAT_SECRET: string, HEALTH_URL: string,
 *   RUNBOOKS: string, STATE: Store }} Bindings */
/** What is silent. `site`: heartbeats come, and visitors get no answer.
 * @typedef {"house" | "alerting" | "site"} Kind */
/** What the last look left; times in milliseconds.
 * `begun` is the first look of all: from then on a heartbeat is missed. `down`: since when the health hostname gave no answer.
 * `over`: it ended then, and nobody could be told yet.
 * @typedef {{ kind: Kind, since: number, told: number, over?: number }} Silence
 * @typedef {{ begun: number, down?: number, silence?: Silence }} Watch */

const minute = 60_000;
/** Two heartbeats missed, and two minutes of grace. */
const silentAfter = 10 * minute;
const remindAfter = 6 * 60 * minute;
/** A heartbeat that comes sooner after the last is not written. */
const writeAfter = 3 * minute;
/** A run may come late, and clocks differ: so much later than its own time may what it reads be. */
const skew = 5 * minute;
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
            await env.STATE.put("beat", String(now));
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
            answers(env.HEALTH_URL),
        ]);
        const before = watchOf(kept, now);
        let beat = timeOf(stored, now) ?? before.begun;
        if (stored !== null && timeOf(stored, now) === undefined) {
            // Not to be read, or of a clock that was ahead: the next one is waited for from here on.
            beat = now;
            await env.STATE.put("beat", String(now));
        }
        const quiet = timeOf(muted, now + longestMute) ?? 0;
        const { after, text, untold } = look(before, { now, beat, site, muted: quiet > now });
        /** @type {unknown} */
        let refused;
        if (text !== undefined) {
            await tell(`${text}\n${env.RUNBOOKS}/${runbook(before, after)}`, env).catch((error) => {
                refused = error;
            });
        }
        // What did not get through is tried again at the next run.
        const next = JSON.stringify(refused === undefined ? after : untold);
        if (kept !== next) {
            await env.STATE.put("watch", next);
        }
        if (refused !== undefined) {
            throw refused;
        }
    },
};

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
 * A time that KV holds. One that cannot be read counts as none: nothing that lies there may keep this from noticing a silence.
 * @param {string | null} text
 * @param {number} now
 */
function timeOf(text, now) {
    const time = Number(text);
    return time > 0 && time <= now + skew ? time : undefined;
}

/**
 * What the last look left, or as much of it as can be read; no time in it is later than now.
 * @param {string | null} kept
 * @param {number} now
 * @returns {Watch}
 */
export function watchOf(kept, now) {
    /** @type {Partial<Watch> | null} */
    let read = null;
    try {
        read = JSON.parse(kept ?? "null");
    } catch {
        // As if this were the first look.
    }
    const { begun, down, silence } = read ?? {};
    /**
     * @template {string} Key
     * @param {Key} key
     * @param {unknown} time
     */
    const at = (key, time) =>
        /** @type {Partial<Record<Key, number>>} */ (
            Number.isFinite(time) ? { [key]: Math.min(Number(time), now) } : {}
        );
    const { kind, since, told, over } = silence ?? {};
    const whole =
        Object.hasOwn(names, String(kind)) && Number.isFinite(since) && Number.isFinite(told);
    return {
        ...{ begun: now, ...at("begun", begun), ...at("down", down) },
        ...(kind === undefined || !whole
            ? {}
            : {
                  silence: {
                      ...{ kind, since: now, told: now },
                      ...{ ...at("since", since), ...at("told", told), ...at("over", over) },
                  },
              }),
    };
}

/**
 * What one look finds. Pure.
 * @param {Watch} before
 * @param {{ now: number, beat: number, site: boolean, muted?: boolean }} seen `muted`: what is silent when that ends is told then
 * @returns {{ after: Watch, text?: string, untold: Watch }} `text` is to be told; `untold` is what is left instead when nobody takes it
 */
export function look(before, { now, beat, site, muted = false }) {
    const { begun, silence } = before;
    const down = site ? undefined : (before.down ?? now);
    /** @param {Silence} [silence] */
    const watch = (silence) => ({
        begun,
        ...(down === undefined ? {} : { down }),
        ...(silence === undefined ? {} : { silence }),
    });
    /**
     * @param {Watch} after
     * @param {string} text
     * @param {Watch} untold
     */
    const found = (after, text, untold) =>
        muted ? { after: untold, untold } : { after, text, untold };
    const kind = silentKind({ now, beat, down });
    const begins = kind === "site" ? (down ?? now) : beat;
    if (silence === undefined) {
        return kind === undefined
            ? { after: watch(), untold: watch() }
            : found(
                  watch({ kind, since: begins, told: now }),
                  silentText(kind, begins, now),
                  watch(),
              );
    }
    if (now - beat <= silentAfter && site) {
        const { over = silence.kind === "site" ? now : beat } = silence;
        const text = overText(silence.kind, over - silence.since);
        return found(watch(), text, watch({ ...silence, over }));
    }
    const still = { kind: silence.kind, since: silence.since, told: silence.told };
    // Something more is silent than was told. Of a whole house a part may be back: that is told with the rest.
    const more = kind !== undefined && kind !== silence.kind && silence.kind !== "house";
    if (!more && now - silence.told < remindAfter) {
        return { after: watch(still), untold: watch(still) };
    }
    const current = kind ?? silence.kind;
    const since = more && current !== "house" ? begins : silence.since;
    return found(
        watch({ kind: current, since, told: now }),
        silentText(current, since, now),
        watch(still),
    );
}

/**
 * @param {{ now: number, beat: number, down: number | undefined }} seen
 * @returns {Kind | undefined}
 */
function silentKind({ now, beat, down }) {
    // At an earlier look there was no answer either.
    const missing = down !== undefined && down < now;
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
    const minutes = Math.max(0, Math.round(milliseconds / minute));
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
