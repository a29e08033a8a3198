// How the records are, as a table for people: dns.mjs status.

import { plan } from "./dns-plan.mjs";
import { neighbourOf, recordText } from "./dns-texts.mjs";
import { checkZone, inEachZone, listRecords } from "./dns-zones.mjs";

/** @import { Result, Settings } from "./cloudflare-api.mjs" */
/** @import { Wanted, Zone } from "./dns-input.mjs" */
/** @import { Change, DnsRecord } from "./dns-plan.mjs" */
/** @typedef {{ state: keyof typeof states, name: string, detail: string }} Row */

/** In the order of the table: what is wrong comes last, where people look first. */
const states = {
    ok: "ok",
    unknown: "unknown",
    missing: "missing",
    elsewhere: "points elsewhere",
    altered: "altered",
    foreign: "somebody else's",
    neighbour: "another stack's",
    leftOver: "left over",
};

/**
 * Looks at the records of all zones, and changes nothing.
 * @param {Wanted} wanted
 * @param {Settings} settings
 * @returns {Promise<{ result: Result, text: string }>}
 */
export async function status(wanted, settings) {
    const known = new Set(wanted.zones.map(({ id }) => id));
    const former = (wanted.former ?? []).filter(({ id }) => !known.has(id));
    const zones = [...wanted.zones, ...former.map((zone) => ({ ...zone, hostnames: [] }))];
    const look = async (
        /** @type {Zone} */ zone,
        /** @type {import("./cloudflare-api.mjs").Call} */ call,
    ) => {
        const records = await listRecords(zone, call);
        if (zone.hostnames.length > 0) {
            checkZone(zone, records);
        }
        return rowsOf(records, zone, wanted);
    };
    const { result, done, denied } = await inEachZone(zones, look, settings, false);
    const rows = zones.flatMap((zone) => done.get(zone) ?? unknownRows(zone, denied.get(zone)));
    const isDenied = wanted.zones.some((zone) => denied.has(zone));
    const isRight = rows.every(({ state }) => state === "ok");
    return {
        result: result !== "ok" ? result : isDenied ? "denied" : isRight ? "ok" : "conflict",
        text: tableOf(rows),
    };
}

/**
 * @param {readonly DnsRecord[]} records
 * @param {Zone} zone
 * @param {Wanted} wanted
 * @returns {Row[]}
 */
function rowsOf(records, zone, wanted) {
    const { changes, conflicts } = plan(records, { ...wanted, ...zone }, "prune");
    /** @type {Row[]} */
    const wrong = [
        ...changes.map((change) => rowOf(change, wanted.target)),
        ...conflicts.map(({ name, records: others }) => {
            const detail = others.map((record) => recordText(record, name)).join(", ");
            /** @type {Row["state"]} */
            const state =
                neighbourOf(others, wanted.target) === undefined ? "foreign" : "neighbour";
            return { state, name, detail };
        }),
    ];
    const names = new Set(wrong.map(({ name }) => name));
    const right = zone.hostnames.filter((name) => !names.has(name));
    return [
        ...right.map((name) => ({ state: /** @type {const} */ ("ok"), name, detail: "" })),
        ...wrong,
    ];
}

/**
 * @param {Change} change
 * @param {string} target
 * @returns {Row}
 */
function rowOf({ kind, name, record }, target) {
    if (record === undefined) {
        return { state: "missing", name, detail: "" };
    }
    if (kind === "deletes") {
        return { state: "leftOver", name, detail: "ours, but no route wants it" };
    }
    if (record.content !== target) {
        return { state: "elsewhere", name, detail: `to ${record.content}` };
    }
    return { state: "altered", name, detail: record.proxied ? "without our mark" : "not proxied" };
}

/**
 * @param {Zone} zone
 * @param {Error | undefined} failure why it was denied; otherwise Cloudflare could not be asked, which was told already
 * @returns {Row[]}
 */
function unknownRows({ domain, hostnames }, failure) {
    const rows = hostnames.map((name) => ({
        state: /** @type {const} */ ("unknown"),
        name,
        detail: "",
    }));
    const detail = failure?.message ?? "Cloudflare did not say";
    return [...rows, { state: "unknown", name: `zone ${domain}`, detail }];
}

/**
 * @param {readonly Row[]} rows
 * @returns {string}
 */
function tableOf(rows) {
    const keys = /** @type {(keyof typeof states)[]} */ (Object.keys(states));
    const groups = keys.map((key) => rows.filter(({ state }) => state === key));
    const width = Math.max(0, ...rows.map(({ name }) => name.length));
    const lines = groups.flat().map(({ state, name, detail }) => {
        return `${states[state].padEnd(18)}${name.padEnd(width + 2)}${detail}`.trimEnd();
    });
    const counts = keys.flatMap((key, index) => {
        const count = groups[index]?.length ?? 0;
        return count === 0 ? [] : [`${count} ${states[key]}`];
    });
    return `${[...lines, "", `${counts.join(", ")}. ${adviceOn(rows)}`].join("\n")}\n`;
}

/** @param {readonly Row[]} rows */
function adviceOn(rows) {
    const has = (/** @type {(keyof typeof states)[]} */ ...some) =>
        rows.some(({ state }) => some.includes(state));
    if (rows.every(({ state }) => state === "ok")) {
        return "All is right.";
    }
    return [
        ...(has("missing", "elsewhere", "altered", "leftOver")
            ? ["`npm run -s dns -- prune` puts right what is ours, without the cluster."]
            : []),
        ...(has("foreign")
            ? ["Delete what is somebody else's by hand, or give the route another name."]
            : []),
        ...(has("neighbour")
            ? [
                  "What another Rekindle stack has marked may be in use: `npm run -s dns -- prune` says so, and leaves it as it is.",
              ]
            : []),
        ...(has("unknown") ? ["What is unknown has to be looked at again."] : []),
    ].join(" ");
}
