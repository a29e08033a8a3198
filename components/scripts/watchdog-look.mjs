// What one look of the dead man's switch finds, and the words for it: all of watchdog.mjs that asks nobody and keeps nothing. A Worker is
// uploaded as one text: components/dead-mans-switch.ts joins the two files.

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

export const minute = 60_000;
/** Two heartbeats missed, and two minutes of grace. */
const silentAfter = 10 * minute;
const remindAfter = 6 * 60 * minute;
/** Of what is no outage. */
const remindOfBlindAfter = 24 * 60 * minute;
/** A run may come late, and clocks differ: so much later than its own time may what it reads be. */
const skew = 5 * minute;

/**
 * A time that KV holds. One that cannot be read counts as none: nothing that lies there may keep this from noticing a silence.
 * @param {string | null} text
 * @param {number} now
 */
export function timeOf(text, now) {
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
export function runbook(before, after) {
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
