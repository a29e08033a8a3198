// A dead man's switch, as a Cloudflare Worker: something outside the house that notices when nothing comes from it any more.
// Alerting sends a heartbeat every four minutes; every three minutes this looks how old the last one is and asks
// the tunnel's health hostname. It tells Telegram itself, once per silence, every six hours while it lasts, and when it is over.
// Only the connectors' own 204 proves the tunnel. Whoever else answers there (Cloudflare Access, a challenge page) says nothing about
// the house, and that is reported too.
//
// No secret stands in here: bindings bring BOT_TOKEN, CHAT_ID, THREAD_ID ("" for none), HEARTBEAT_SECRET, HEALTH_URL,
// RUNBOOKS and the KV namespace STATE. Fits into Workers' free plan: 480 runs a day of 100,000, and KV, which takes 1,000 writes a
// day, is written by heartbeats (at most every three minutes, whoever sends them), when something changed (every three minutes at
// most), and when somebody asks it to keep quiet.

/** @typedef {{ get(key: string): Promise<string | null>, put(key: string, value: string, options?: { expirationTtl: number }): Promise<void> }} Store */
/** @typedef {{ BOT_TOKEN: string, CHAT_ID: string, THREAD_ID: string, HEARTBEAT_SECRET: string, HEALTH_URL: string,
 *   RUNBOOKS: string, STATE: Store }} Bindings */
/** What is silent. `site`: heartbeats come, and visitors get no answer. `blind`: heartbeats come, and something in front of the health
 * hostname answers. `unclear`: no heartbeat comes, and that something answers.
 * @typedef {"house" | "alerting" | "site" | "blind" | "unclear"} Kind */
/** What the health hostname said: the connectors' own answer, none, or that of something in front of them.
 * @typedef {"up" | "down" | "unknown"} Site */
/** What the last look left; times in milliseconds.
 * `begun` is the first look of all: from then on a heartbeat is missed. `down`: since when the health hostname gave no answer. `blind`: since when
 * something else answers there.
 * `over`: it ended then, and nobody could be told yet.
 * @typedef {{ kind: Kind, since: number, told: number, over?: number }} Silence
 * @typedef {{ begun: number, down?: number, blind?: number, silence?: Silence }} Watch */

const minute = 60_000;
/** Two heartbeats missed, and two minutes of grace. */
const silentAfter = 10 * minute;
const remindAfter = 6 * 60 * minute;
/** Of what is no outage. */
const remindOfBlindAfter = 24 * 60 * minute;
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
    const { begun, down, blind, silence } = read ?? {};
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
        ...{ begun: now, ...at("begun", begun), ...at("down", down), ...at("blind", blind) },
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
 * @param {{ now: number, beat: number, site: Site, front?: string, muted?: boolean }} seen `front`: what answers in front of the
 *   connectors; `muted`: what is silent when that ends is told then
 * @returns {{ after: Watch, text?: string, untold: Watch }} `text` is to be told; `untold` is what is left instead when nobody takes it
 */
export function look(before, { now, beat, site, front = "", muted = false }) {
    const { begun, silence } = before;
    const down = site === "down" ? (before.down ?? now) : undefined;
    const blind = site === "unknown" ? (before.blind ?? now) : undefined;
    /** @param {Silence} [silence] */
    const watch = (silence) => ({
        begun,
        ...(down === undefined ? {} : { down }),
        ...(blind === undefined ? {} : { blind }),
        ...(silence === undefined ? {} : { silence }),
    });
    /**
     * @param {Watch} after
     * @param {string} text
     * @param {Watch} untold
     */
    const found = (after, text, untold) =>
        muted ? { after: untold, untold } : { after, text, untold };
    const kind = silentKind({ now, beat, down, blind });
    const begins = kind === "site" || kind === "blind" ? (down ?? blind ?? now) : beat;
    if (silence === undefined) {
        return kind === undefined
            ? { after: watch(), untold: watch() }
            : found(
                  watch({ kind, since: begins, told: now }),
                  silentText(kind, begins, now, front),
                  watch(),
              );
    }
    // Something in front is no proof that visitors get an answer; that the house is alive its heartbeats prove.
    const isOfSite = silence.kind === "site" || silence.kind === "blind";
    if (now - beat <= silentAfter && (site === "up" || (site === "unknown" && !isOfSite))) {
        const { over = isOfSite ? now : beat } = silence;
        const text = overText(silence.kind, over - silence.since);
        return found(watch(), text, watch({ ...silence, over }));
    }
    const still = { kind: silence.kind, since: silence.since, told: silence.told };
    // Something more is silent than was told. Of a whole house a part may be back: that is told with the rest.
    const more = kind !== undefined && kind !== silence.kind && silence.kind !== "house";
    const pause = silence.kind === "blind" ? remindOfBlindAfter : remindAfter;
    if (!more && now - silence.told < pause) {
        return { after: watch(still), untold: watch(still) };
    }
    const current = kind ?? silence.kind;
    // What began as a part became the whole; a page in front is no part of it.
    const isWhole = (current === "house" || current === "unclear") && silence.kind !== "blind";
    const since = more && !isWhole ? begins : silence.since;
    return found(
        watch({ kind: current, since, told: now }),
        silentText(current, since, now, front),
        watch(still),
    );
}

/**
 * @param {{ now: number, beat: number, down: number | undefined, blind: number | undefined }} seen
 * @returns {Kind | undefined}
 */
function silentKind({ now, beat, down, blind }) {
    // At an earlier look there was no answer either.
    const missing = down !== undefined && down < now;
    if (now - beat > silentAfter) {
        return missing ? "house" : blind === undefined ? "alerting" : "unclear";
    }
    // One look may meet a page that is there for a moment.
    if (blind !== undefined) {
        return blind < now ? "blind" : undefined;
    }
    // A heartbeat that was sent after the answers stopped: before it the whole house may be gone, and one message is enough.
    return missing && beat > down ? "site" : undefined;
}

const names = {
    house: "The house is silent: no heartbeat comes from it, and its health hostname does not answer.",
    alerting:
        "Alerting is silent: the site answers, but no heartbeat comes. Nobody would tell of a fault.",
    site: "The site is silent: heartbeats come, but visitors get no answer.",
    blind: "Whether visitors get an answer cannot be judged: something in front of the health hostname answers instead of the tunnel.",
    unclear:
        "No heartbeat comes from the house. Whether it is alive cannot be judged: something in front of the health hostname answers instead of the tunnel.",
};
const backNames = {
    ...{ house: "The house is back", alerting: "Alerting is back", site: "The site is back" },
    ...{ blind: "The health hostname can be judged again", unclear: "The house is back" },
};

/**
 * @param {Kind} kind
 * @param {number} since
 * @param {number} now
 * @param {string} front
 */
function silentText(kind, since, now, front) {
    const when = new Date(since).toISOString().slice(0, 16).replace("T", " ");
    const who = (kind === "blind" || kind === "unclear") && front !== "" ? ` It is ${front}.` : "";
    return `🔇 ${names[kind]}${who}\nSince ${when} UTC, ${duration(now - since)}.`;
}

/**
 * @param {Kind} kind
 * @param {number} lasted
 */
function overText(kind, lasted) {
    return `✅ ${backNames[kind]} after ${duration(lasted)}.`;
}

/**
 * @param {Watch} before
 * @param {Watch} after
 */
function runbook(before, after) {
    const { kind = "house" } = after.silence ?? before.silence ?? {};
    return {
        ...{ house: "HouseSilent", alerting: "AlertingSilent", site: "SiteSilent" },
        ...{ blind: "SiteSilent", unclear: "HouseSilent" },
    }[kind];
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
