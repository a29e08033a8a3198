// What dns.mjs tells people: what is wrong, where, and what to do about it.

import { zoneIsFull } from "./dns-changes.mjs";

/** @import { Conflict, DnsRecord } from "./dns-plan.mjs" */
/** @import { ZoneName } from "./dns-input.mjs" */
/** @import { Refusal } from "./dns-changes.mjs" */

/**
 * A record in words, with its mark.
 * @param {DnsRecord} record
 */
export function recordText({ type, content, comment }) {
    return `${type} record to ${content}${comment ? ` ("${comment}")` : ""}`;
}

/** @param {Conflict} conflict */
export function conflictText({ name, records }) {
    const [only, another] = records;
    const isOne = another === undefined;
    const what = records.map((record) => `the ${recordText(record)}`).join(" and ");
    const stays = isOne ? "is not this stack's and was" : "are not this stack's and were";
    const orAdopt =
        isOne && only?.type === "CNAME"
            ? ", or list its content under adopt in rekindle:tunnel"
            : "";
    return `${name}: ${what} ${stays} left as ${isOne ? "it is" : "they are"}. Delete ${isOne ? "it" : "them"}${orAdopt}.`;
}

/**
 * A line for each change that Cloudflare will not have, and one for all that do not fit into the zone.
 * @param {ZoneName} zone
 * @param {readonly Refusal[]} refusals
 */
export function refusalTexts({ domain }, refusals) {
    const isUnfit = (/** @type {Refusal} */ { failure }) => failure.codes.includes(zoneIsFull);
    const unfit = refusals.filter(isUnfit).map(({ name }) => name);
    const texts = refusals
        .filter((refusal) => !isUnfit(refusal))
        .map(
            ({ name, failure }) =>
                `${name}: ${failure.message} Look at this name's records in the dashboard.`,
        );
    if (unfit.length > 0) {
        texts.push(
            `Zone ${domain} holds as many records as its plan allows (${zoneIsFull}; 200 on the free plan), so these have none: ` +
                `${shortened(unfit, 5).join(", ")}. Delete records there, replace some routes by one with *., or take a larger plan.`,
        );
    }
    return texts;
}

/**
 * For a zone whose id belongs to another domain.
 * @param {readonly ZoneName[]} zones as the configuration lists them
 * @param {ZoneName} zone
 * @param {string} why
 * @param {string} [actual] the domain that the id belongs to
 */
export function wrongZoneText(zones, zone, why, actual) {
    const at = zones.indexOf(zone);
    const swapped = zones.findIndex(({ domain }) => domain === actual);
    const where = swapped < 0 ? "" : `, which is rekindle:zones[${swapped}].domain`;
    return (
        `rekindle:zones[${at}].id does not belong to rekindle:zones[${at}].domain, ${zone.domain}: ${why}${where}. ` +
        `Nothing was changed in that zone. Copy the id from the overview page of ${zone.domain} in Cloudflare's dashboard.`
    );
}

/**
 * For a zone that was taken out of the configuration and that the token may not see any more.
 * @param {ZoneName} zone
 * @param {string} owner
 */
export function leftZoneText({ domain }, owner) {
    return `Zone ${domain} is not in the configuration any more and is left as it is: if it is still yours, delete its records with the comment "${owner}" by hand.`;
}

/**
 * @param {readonly string[]} names
 * @param {number} most
 */
export function shortened(names, most) {
    const rest = names.length - most;
    return rest > 0 ? [...names.slice(0, most), `and ${rest} more`] : names;
}
