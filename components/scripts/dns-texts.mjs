// What dns.mjs tells people: what is wrong, where, and what to do about it.

import { zoneIsFull } from "./dns-changes.mjs";
import { nameOf } from "./dns-plan.mjs";

/** @import { Conflict, DnsRecord } from "./dns-plan.mjs" */
/** @import { ZoneName } from "./dns-input.mjs" */
/** @import { Refusal } from "./dns-changes.mjs" */
/** Another Rekindle stack, as its record's mark names it.
 * @typedef {{ stack: string, tunnel: string, tunnelId: string }} Neighbour */
/** What Cloudflare says of that stack's tunnel; `silent` is one without connections, since then.
 * @typedef {{ is: "connected" | "gone" } | { is: "silent", since: string } | { is: "unknown", why: string }} TunnelState */

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

/**
 * The stack whose record is in the way, when that is the only one. A record of this very tunnel was marked before this stack was renamed.
 * @param {readonly DnsRecord[]} records
 * @param {string} target of this stack's records
 * @returns {Neighbour | undefined}
 */
export function neighbourOf(records, target) {
    const [{ type, content, comment } = /** @type {DnsRecord} */ ({}), another] = records;
    const [, stack, tunnel] = /^rekindle:(.+?) tunnel=(.*)$/.exec(comment ?? "") ?? [];
    const tunnelId = /^([0-9a-f-]{36})\.cfargotunnel\.com\.?$/i.exec(content ?? "")?.[1];
    const isOwn = content?.toLowerCase().replace(/\.$/, "") === target.toLowerCase();
    return type === "CNAME" && another === undefined && stack && tunnel && tunnelId && !isOwn
        ? { stack, tunnel, tunnelId: tunnelId.toLowerCase() }
        : undefined;
}

/**
 * @param {Conflict} conflict
 * @param {{ owner: string, target: string, health?: string | undefined }} wanted
 * @param {ReadonlyMap<string, TunnelState>} [tunnels] by id
 */
export function conflictText({ name, records }, { owner, target, health }, tunnels) {
    const neighbour = neighbourOf(records, target);
    if (neighbour !== undefined && !records.some((record) => nameOf(record) !== name)) {
        const state = tunnels?.get(neighbour.tunnelId);
        const text = neighbourText(name, neighbour, state, name === health);
        return owner.startsWith(`rekindle:${neighbour.stack} tunnel=`) && state?.is !== "gone"
            ? `${text} ${namesakeText(neighbour)}`
            : text;
    }
    const [only, another] = records;
    const isOne = another === undefined;
    const what = records.map((record) => `the ${recordText(record, name)}`);
    const stays = isOne ? "is not this stack's and was" : "are not this stack's and were";
    return `${name}: ${what.join(" and ")} ${stays} left as ${isOne ? "it is" : "they are"}. ${conflictAdvice(records, only)}.`;
}

/**
 * For the record of another Rekindle stack. Its tunnel decides: taking the record of one that is in use moves that home's hostname, and
 * with it its watchdog, to this home.
 * @param {string} name
 * @param {Neighbour} neighbour
 * @param {TunnelState} [state]
 * @param {boolean} [isHealth]
 */
function neighbourText(name, { stack, tunnel, tunnelId }, state, isHealth) {
    const target = `${tunnelId}.cfargotunnel.com`;
    const head =
        `${name}: the CNAME record to ${target} is that of another Rekindle stack, ${stack}, ` +
        `for its tunnel "${tunnel}", and was left as it is.`;
    const another = isHealth
        ? "Choose another name for this stack's health check: rekindle:tunnel.healthHostname"
        : "Give the route another hostname, or take the route out of that stack and run `pulumi up` there first";
    const take = `Delete the record, or list ${target} under adopt in rekindle:tunnel`;
    switch (state?.is) {
        case "connected":
            return `${head} That tunnel is connected: the home is alive. Never adopt or delete this record. ${another}.`;
        case "gone":
            return `${head} That tunnel does not exist any more, so the record is abandoned. ${take}.`;
        case "silent": {
            const since = state.since === "" ? "" : ` since ${state.since}`;
            return (
                `${head} That tunnel exists and has had no connection${since}: the home may only be without power or uplink. ` +
                `${another}. Only if that home is gone for good: ${take.replace("Delete", "delete")}.`
            );
        }
        default: {
            const why = state === undefined ? "" : ` (${state.why})`;
            return (
                `${head} Whether that home is alive cannot be known here${why}. Look for the tunnel "${tunnel}" ` +
                "in Cloudflare's dashboard under Networks > Tunnels. " +
                `If it is there: ${another.replace(/^./, (first) => first.toLowerCase())}. Only if it is not: ${take.replace("Delete", "delete")}.`
            );
        }
    }
}

/**
 * For a stack of this one's own name: a second home that was called the same, or this very stack before it was made again.
 * @param {Neighbour} neighbour
 */
function namesakeText({ stack, tunnelId }) {
    return `This stack is called ${stack} too: if that was this one before its state was lost, take its tunnel over with rekindle:tunnel.import: ${tunnelId}.`;
}

/**
 * @param {readonly DnsRecord[]} records
 * @param {DnsRecord | undefined} only the one, or the first
 */
function conflictAdvice(records, only) {
    const parent = records.find(({ type }) => type === "NS");
    if (parent !== undefined) {
        return `${nameOf(parent)} is delegated to other name servers, and only they are asked for it and what lies below: give the route a name outside it, or delete its NS records`;
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
