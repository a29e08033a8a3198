// Goes through zones with Cloudflare's API, and reads their records.

import { client, Failure, persist } from "./cloudflare-api.mjs";

/** @import { Call, Result, Settings } from "./cloudflare-api.mjs" */
/** @import { DnsRecord } from "./dns-plan.mjs" */
/** @import { ZoneName } from "./dns-input.mjs" */

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
 * Makes sure that an id belongs to its domain, before anything is written: Cloudflare adds a zone's name to every name outside it, and
 * would take them all. A zone that holds nothing tells nothing; dns-zone-ids.mjs asks about that one.
 * @param {ZoneName} zone
 * @param {readonly DnsRecord[]} records all of the zone
 * @throws Failure where no record lies in the domain
 */
export function checkZone({ domain }, records) {
    const [first] = records;
    const names = records.map(({ name }) => name.toLowerCase());
    // `domain` may itself lie below its zone's: then it lies below whatever all names have in common.
    const isRight =
        names.some((name) => isBelow(name, domain)) || isBelow(domain, commonDomain(names));
    if (first !== undefined && !isRight) {
        throw new Failure("zone", `its id is that of another zone, which holds ${first.name}`);
    }
}

/**
 * The domain that all names lie in, which is that of their zone or one below it.
 * @param {readonly string[]} names
 */
function commonDomain([first = "", ...others]) {
    return others.reduce((domain, name) => {
        const labels = domain.split(".");
        const from = labels.findIndex((_, index) => isBelow(name, labels.slice(index).join(".")));
        return from < 0 ? "" : labels.slice(from).join(".");
    }, first);
}

/**
 * @param {string} name
 * @param {string} domain
 */
export function isBelow(name, domain) {
    return name === domain || name.endsWith(`.${domain}`);
}
