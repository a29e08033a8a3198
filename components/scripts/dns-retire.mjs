// Deletes the records of former health hostnames: dns.mjs retire. Pulumi runs it when the watchdog asks the new one.

import { setTimeout as sleep } from "node:timers/promises";
import { usualTiming } from "./cloudflare-api.mjs";
import { nameOf, ownership } from "./dns-plan.mjs";
import { inEachZone, listRecords } from "./dns-zones.mjs";

/** @import { Result, Settings } from "./cloudflare-api.mjs" */
/** @import { Wanted } from "./dns-input.mjs" */

/**
 * Deletes our records of just the listed hostnames. Without any it makes no request.
 * @param {Wanted} wanted
 * @param {Settings} settings
 * @returns {Promise<{ result: Result, requests: number, deleted: number }>}
 */
export async function retire(wanted, settings) {
    const { isOurs } = ownership(wanted);
    let deleted = 0;
    const zones = wanted.zones.filter(({ hostnames }) => hostnames.length > 0);
    if (zones.length > 0) {
        // Nothing says when the last place at Cloudflare has the new Worker, or a look of the old one has ended.
        await sleep((settings.timing ?? usualTiming).settle);
    }
    const { result, requests, denied } = await inEachZone(
        zones,
        async (zone, call) => {
            const records = (await listRecords(zone, call)).filter(
                (record) => isOurs(record) && zone.hostnames.includes(nameOf(record)),
            );
            if (records.length > 0) {
                const deletes = records.map(({ id }) => ({ id }));
                await call("POST", `/zones/${zone.id}/dns_records/batch`, { deletes });
                deleted += records.length;
            }
        },
        settings,
        false,
    );
    for (const [{ domain, hostnames }, failure] of denied) {
        console.error(
            `Zone ${domain}: ${failure.message} The former health record ${hostnames.join(", ")} is still there and does no harm.`,
        );
    }
    return { result: result === "ok" && denied.size > 0 ? "denied" : result, requests, deleted };
}
