// Asks Cloudflare which domain a zone's id belongs to, at `up` and before the first pod writes records: dns.mjs remember.

import "./slow-uplink.mjs";
import { wrongZoneText } from "./dns-texts.mjs";
import { isBelow } from "./dns-zones.mjs";

/** @import { Settings } from "./cloudflare-api.mjs" */
/** @import { ZoneName } from "./dns-input.mjs" */

/** Milliseconds. */
const patience = 10_000;

/**
 * Finds zones with another one's id. Whatever cannot be found out is no mistake: later steps say what is wrong with Cloudflare.
 * @param {readonly ZoneName[]} zones
 * @param {Settings} settings
 * @returns {Promise<string[]>} what is wrong, and what to do
 */
export async function wrongZones(zones, settings) {
    const texts = zones.map(async (zone) => {
        const actual = await domainOf(zone.id, settings).catch(() => undefined);
        return actual === undefined || isBelow(zone.domain, actual)
            ? []
            : [wrongZoneText(zones, zone, `it is the id of ${actual}`, actual)];
    });
    return (await Promise.all(texts)).flat();
}

/**
 * Reads the head of a zone's export. A token that may edit DNS may read that, and mostly not the zone itself.
 * @param {string} id
 * @param {Settings} settings
 * @returns {Promise<string | undefined>}
 */
async function domainOf(id, { baseUrl, token }) {
    const response = await fetch(`${baseUrl}/zones/${id}/dns_records/export`, {
        headers: { authorization: `Bearer ${token}` },
        redirect: "manual",
        signal: AbortSignal.timeout(patience),
    });
    const text = response.ok ? await response.text() : "";
    return /^;; Domain: +([^\s]+?)\.?\s*$/m.exec(text)?.[1]?.toLowerCase();
}
