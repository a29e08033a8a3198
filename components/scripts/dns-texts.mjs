// What dns.mjs tells people: what is wrong, where, and what to do about it.

import { zoneIsFull } from "./dns-changes.mjs";
import { nameOf } from "./dns-plan.mjs";

/** @import { Conflict, DnsRecord } from "./dns-plan.mjs" */
/** @import { ZoneName } from "./dns-input.mjs" */
/** @import { Refusal } from "./dns-changes.mjs" */

/**
 * A record in words, with its mark, and with its name if that is another one than it is in the way of.
 * @param {DnsRecord} record
 * @param {string} name
 */
export function recordText(record, name) {
    const { type, content, comment } = record;
    const of = nameOf(record) === name ? "" : ` of ${nameOf(record)}`;
    return `${type} record to ${content}${comment ? ` ("${comment}")` : ""}${of}`;
}

/** @param {Conflict} conflict */
export function conflictText({ name, records }) {
    const [only, another] = records;
    const isOne = another === undefined;
    const what = records.map((record) => `the ${recordText(record, name)}`);
    const stays = isOne ? "is not this stack's and was" : "are not this stack's and were";
    return `${name}: ${what.join(" and ")} ${stays} left as ${isOne ? "it is" : "they are"}. ${conflictAdvice(name, records, only)}.`;
}

/**
 * @param {string} name
 * @param {readonly DnsRecord[]} records
 * @param {DnsRecord | undefined} only the one, or the first
 */
function conflictAdvice(name, records, only) {
    const parent = records.find((record) => nameOf(record) !== name);
    if (parent !== undefined) {
        return `${nameOf(parent)} is delegated to other name servers, and only they are asked for what lies below: give the route a name outside it, or delete its NS records`;
    }
    if (records.some(({ meta }) => meta?.read_only === true)) {
        return "A Worker or Pages project has this name as its custom domain, and only that can remove the record: remove the custom domain there, or give the route another name";
    }
    const isOne = records.length === 1;
    const orAdopt =
        isOne && only?.type === "CNAME"
            ? ", or list its content under adopt in rekindle:tunnel"
            : "";
    return `Delete ${isOne ? "it" : "them"}${orAdopt}`;
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
