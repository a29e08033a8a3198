// Goes through zones with Cloudflare's API: reads their records and sends the changes that dns-plan.mjs decided on.

import { client, Failure, persist } from "./cloudflare-api.mjs";
import { plan } from "./dns-plan.mjs";

/** @import { Call, Result, Settings } from "./cloudflare-api.mjs" */
/** @import { Change, Conflict, DnsRecord, Mode, Ownership } from "./dns-plan.mjs" */
/** @import { Zone, ZoneName } from "./dns-input.mjs" */
/** Changes that were made, counted up as it happens.
 * @typedef {{ posts: number, patches: number, deletes: number }} Totals */
/** A change that Cloudflare will not have, and why.
 * @typedef {{ name: string, failure: Failure }} Refusal */

/** Changes in one batch on Cloudflare's free plan. */
const maxBatch = 200;
/** Rounds of list and batches; see `bringZone`. */
const rounds = 3;
/** Cloudflare's code for a zone that holds as many records as its plan allows. */
export const zoneIsFull = 81045;

/**
 * Does `work` in every zone, in all at the same time, and again where it failed as long as that may help: a zone that
 * Cloudflare cannot serve, or that the token may not see, does not hold up the others.
 * @template {ZoneName} Z
 * @template T
 * @param {readonly Z[]} zones
 * @param {(zone: Z, call: Call) => Promise<T>} work
 * @param {Settings} settings
 * @param {boolean} failOpen as in `persist`
 * @returns {Promise<{ result: Result, requests: number, done: Map<Z, T>, denied: Map<Z, Failure> }>}
 */
export async function inEachZone(zones, work, settings, failOpen) {
    let requests = 0;
    /** @type {Map<Z, T>} */
    const done = new Map();
    /** @type {Map<Z, Failure>} */
    const denied = new Map();
    const result = await persist(
        async (deadline) => {
            const api = client(settings, deadline);
            /** @type {Call} */
            const call = (...request) => {
                requests += 1;
                return api(...request);
            };
            /** @type {{ zone: Z, error: Failure } | undefined} */
            let failed;
            const left = zones.filter((zone) => !done.has(zone) && !denied.has(zone));
            const visits = left.map(async (zone) => {
                try {
                    done.set(zone, await work(zone, call));
                } catch (error) {
                    if (!(error instanceof Failure)) {
                        throw error;
                    }
                    if (error.mayPass) {
                        failed ??= { zone, error };
                    } else {
                        denied.set(zone, error);
                    }
                }
            });
            await Promise.all(visits);
            if (failed === undefined) {
                return "ok";
            }
            const { zone, error } = failed;
            // Where another zone was served there is a route, whatever this failure looks like.
            throw done.size + denied.size > 0
                ? new Failure("api", `Zone ${zone.domain}: ${error.message}`, error)
                : error;
        },
        settings,
        failOpen,
    );
    return { result, requests, done, denied };
}

/**
 * All records of a zone.
 * @param {ZoneName} zone
 * @param {Call} call
 */
export async function listRecords(zone, call) {
    const path = `/zones/${zone.id}/dns_records`;
    /** @type {DnsRecord[]} */
    const records = [];
    for (let page = 1, last = 1; page <= last; page += 1) {
        const { result, pages } = await call("GET", `${path}?page=${page}&per_page=1000`);
        if (!Array.isArray(result)) {
            throw new Failure("api", `GET ${path} was answered with something that is no list.`);
        }
        records.push(...result);
        last = pages;
    }
    return records;
}

/**
 * Brings one zone to what is wanted.
 * @param {Zone} zone
 * @param {Ownership} ownership
 * @param {Mode} mode
 * @param {Call} call
 * @param {Totals} totals
 * @returns {Promise<{ conflicts: Conflict[], refusals: Refusal[] }>} what was left as it is
 */
export async function bringZone(zone, ownership, mode, call, totals) {
    for (let round = 1; ; round += 1) {
        const records = await listRecords(zone, call);
        const { changes, conflicts } = plan(records, { ...ownership, ...zone }, mode);
        // A batch that is refused is most often a lost race against another pod: look again. Only the last round looks for
        // the one change that Cloudflare will not have.
        const refusals = await sendAll(changes, zone, round === rounds, call, totals);
        if (refusals.length === 0 || round === rounds) {
            return { conflicts, refusals };
        }
    }
}

/**
 * Sends changes in batches, each of which is done completely or not at all.
 * @param {readonly Change[]} changes
 * @param {Zone} zone
 * @param {boolean} halve a batch that is refused, until all that can be done is
 * @param {Call} call
 * @param {Totals} totals
 */
async function sendAll(changes, zone, halve, call, totals) {
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
        } else if (halve && batch.length > 1) {
            const middle = Math.ceil(batch.length / 2);
            batches.unshift(batch.slice(0, middle), batch.slice(middle));
        } else {
            refusals.push(...batch.map(({ name }) => ({ name, failure })));
            full = failure.codes.includes(zoneIsFull) ? failure : full;
        }
    }
    return refusals;
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
