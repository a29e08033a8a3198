// Brings a zone to what dns-plan.mjs decided, with lists that may lag behind and other pods that do the same.

import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "./cloudflare-api.mjs";
import { nameOf, plan, postOf } from "./dns-plan.mjs";
import { checkZone, listRecords } from "./dns-zones.mjs";

/** @import { Call } from "./cloudflare-api.mjs" */
/** @import { Change, Conflict, Mode, Ownership } from "./dns-plan.mjs" */
/** @import { Zone } from "./dns-input.mjs" */
/** Changes that were made, counted up as it happens.
 * @typedef {{ posts: number, patches: number, deletes: number }} Totals */
/** A change that Cloudflare will not have, and why.
 * @typedef {{ name: string, failure: Failure }} Refusal */

/** Changes in one batch on Cloudflare's free plan. */
const maxBatch = 200;
/** Cloudflare's code for a zone that holds as many records as its plan allows. */
export const zoneIsFull = 81045;
/** A record that is just as wanted. */
const identical = [81057, 81058];
/** One that is to be changed or deleted, and is not there any more. */
const isGone = 81044;
/** Refusals of what the list did not show: another pod was quicker, or the list is older than the last write. */
const unlisted = [81053, 81054, 81056, isGone, ...identical];
/** So many names that the list shows to be somebody else's are tried all the same, one by one. */
const mostTries = 10;

/**
 * Brings one zone to what is wanted. A batch that is refused is most often a lost race against another pod, or the list lags behind:
 * it looks again, after each of `pauses`. Only the last round looks for the one change that Cloudflare will not have; the second does so
 * where looking again cannot help.
 * @param {Zone} zone
 * @param {Ownership} ownership
 * @param {Mode} mode
 * @param {Call} call
 * @param {Totals} totals
 * @param {readonly number[]} pauses milliseconds
 * @returns {Promise<{ conflicts: Conflict[], refusals: Refusal[], kept: string[] }>} what was left as it is
 */
export async function bringZone(zone, ownership, mode, call, totals, pauses) {
    for (let round = 0; ; round += 1) {
        const records = await listRecords(zone, call);
        if (zone.hostnames.length > 0 && mode !== "destroy") {
            checkZone(zone, records);
        }
        const { changes, conflicts, kept = [] } = plan(records, { ...ownership, ...zone }, mode);
        const pause = pauses[round];
        const halves = (/** @type {Failure} */ failure) =>
            pause === undefined || isFull(failure) || (round > 0 && !isUnlisted(failure));
        const refusals = await sendAll(changes, zone, halves, call, totals);
        // What a batch that was not halved held may be right but for one.
        if (pause === undefined || refusals.every(({ failure }) => halves(failure))) {
            const left =
                mode === "prune"
                    ? await tried(conflicts, zone, ownership, call, totals)
                    : conflicts;
            return { conflicts: left, refusals, kept };
        }
        await sleep(pause);
    }
}

/** @param {Failure} failure */
function isUnlisted({ codes }) {
    return codes.some((code) => unlisted.includes(code));
}

/** @param {Failure} failure */
function isFull({ codes }) {
    return codes.includes(zoneIsFull);
}

/**
 * Adds the records of names that are somebody else's as far as the list shows: who has just deleted such a record, as the message says,
 * runs `up` at once. Cloudflare has no record beside another one, so that nothing of others is changed.
 * @param {readonly Conflict[]} conflicts
 * @param {Zone} zone
 * @param {Ownership} ownership
 * @param {Call} call
 * @param {Totals} totals
 * @returns {Promise<Conflict[]>} those that are true
 */
async function tried(conflicts, zone, ownership, call, totals) {
    // Cloudflare would take a record below a delegated domain.
    const canTry = (/** @type {Conflict} */ { name, records }) =>
        records.every((record) => nameOf(record) === name);
    const some = conflicts.filter(canTry).slice(0, mostTries);
    const left = conflicts.filter((conflict) => !some.includes(conflict));
    for (const conflict of some) {
        if (await send([postOf(conflict.name, ownership)], zone, call)) {
            left.push(conflict);
        } else {
            totals.posts += 1;
        }
    }
    return left;
}

/**
 * Sends changes in batches, each of which is done completely or not at all.
 * @param {readonly Change[]} changes
 * @param {Zone} zone
 * @param {(failure: Failure) => boolean} halves a batch that is refused, until all that can be done is
 * @param {Call} call
 * @param {Totals} totals
 */
async function sendAll(changes, zone, halves, call, totals) {
    /** @type {Refusal[]} */
    const refusals = [];
    const batches = [];
    for (let at = 0; at < changes.length; at += maxBatch) {
        batches.push(changes.slice(at, at + maxBatch));
    }
    /** @type {Failure | undefined} */
    let full;
    for (let next = batches.shift(); next; next = batches.shift()) {
        const unfit = full ? next.filter(({ kind }) => kind === "posts") : [];
        const batch = next.filter((change) => !unfit.includes(change));
        for (const { name } of unfit) {
            refusals.push({ name, failure: /** @type {Failure} */ (full) });
        }
        if (batch.length === 0) {
            continue;
        }
        const failure = await send(batch, zone, call);
        if (failure === undefined) {
            for (const { kind } of batch) {
                totals[kind] += 1;
            }
        } else if (halves(failure) && batch.length > 1) {
            const middle = Math.ceil(batch.length / 2);
            batches.unshift(batch.slice(0, middle), batch.slice(middle));
        } else if (!(halves(failure) && batch.every((change) => isDone(change, failure)))) {
            refusals.push(...batch.map(({ name }) => ({ name, failure })));
            full = isFull(failure) ? failure : full;
        }
    }
    return refusals;
}

/**
 * Tells whether a change is refused because it is done already, and the list has not shown that in time.
 * @param {Change} change
 * @param {Failure} failure
 */
function isDone({ kind }, { codes }) {
    return kind === "deletes"
        ? codes.includes(isGone)
        : codes.some((code) => identical.includes(code));
}

/**
 * Sends one batch.
 * @param {readonly Change[]} changes
 * @param {Zone} zone
 * @param {Call} call
 * @returns {Promise<Failure | undefined>} why it was refused
 */
async function send(changes, zone, call) {
    const kinds = /** @type {const} */ (["deletes", "patches", "posts"]);
    const bodies = kinds.map((kind) => [
        kind,
        changes.filter((change) => change.kind === kind).map(({ body }) => body),
    ]);
    try {
        await call("POST", `/zones/${zone.id}/dns_records/batch`, Object.fromEntries(bodies));
        return undefined;
    } catch (error) {
        if (error instanceof Failure && error.kind === "refused") {
            return error;
        }
        throw error;
    }
}
