// Keeps the DNS records of a Cloudflare tunnel. This very file runs in two places: word for word from a ConfigMap as the
// pods' init container (`ensure`), and from Pulumi's command on the machine that deploys (the others). A cold
// start installs nothing for it and asks no registry of ours.
//
//   node dns.mjs ensure FILE       adds and repairs records, deletes none. Fails open: exits 0 whatever happens, because
//                                  a tunnel with stale records is better than no tunnel
//   node dns.mjs keep FILE         the same from time to time, beside the tunnel. Tells by its exit code what a person must see to;
//                                  an outage is none of that, the next run tries again
//   node dns.mjs prune    < FILE   the same, and deletes our records of hostnames that are no longer wanted
//   node dns.mjs destroy  < FILE   deletes all our records
//   node dns.mjs retire   < FILE   deletes our records of just these hostnames: former health hostnames, once the watchdog has moved
//   node dns.mjs remember < FILE   names the zones, with those of the last run, for a later destroy. Before anything is written it
//                                  makes sure that each id belongs to its domain, as far as Cloudflare says
//   node dns.mjs status   < FILE   tells people how the records are, and changes nothing
//
// FILE is JSON: { owner, adopt: [content], health, zones: [{ id, domain, hostnames }] }. A record is ours if its comment is `owner`.
// `health` is the hostname that proves the tunnel. The record of an earlier one is not pruned: the watchdog still asks it.
// Environment: CLOUDFLARE_BASE_URL, CLOUDFLARE_API_TOKEN or CLOUDFLARE_API_TOKEN_FILE, DNS_TARGET
// (the CNAMEs' content); CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_ACCOUNT_TOKEN, with which prune can say whether another stack's
// tunnel is in use; PULUMI_COMMAND_STDOUT, the last run's output, from which prune and destroy know zones that have
// been taken out of FILE. If one of those denies access (it is gone, or the token is for other zones now), that is told
// once and forgotten: nothing that the house could still do would change it.
// Exit codes: 0 done, 2 conflict (the rest is done), 3 denied by Cloudflare, 4 unavailable, 64 wrong call, 70 a bug here.

import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { exitCodes, need, settingsFrom, usualTiming } from "./cloudflare-api.mjs";
import { bringZone } from "./dns-changes.mjs";
import { healthOfLastRun, parseWanted, zonesOfLastRun } from "./dns-input.mjs";
import {
    conflictText,
    leftZoneText,
    refusalTexts,
    shortened,
    wrongZoneText,
} from "./dns-texts.mjs";
import { inEachZone } from "./dns-zones.mjs";

/** @import { Result, Settings } from "./cloudflare-api.mjs" */
/** @import { Wanted, Zone, ZoneName } from "./dns-input.mjs" */
/** @import { Conflict, Mode } from "./dns-plan.mjs" */
/** What a run prints for programs: on stdout, and where `kubectl describe` shows it.
 * @typedef {{ mode: string | undefined, result: Result, conflicts?: string[] }} Summary */

const modes = ["ensure", "keep", "prune", "destroy", "remember", "status", "retire"];
/** As much as the kubelet reads of a termination log. */
const longestMessage = 4096;

/**
 * Brings the records of all zones to what is wanted, and says on stderr what it could not do.
 * @param {Mode} mode
 * @param {Wanted} wanted
 * @param {Settings} settings
 * @param {boolean} [waits] for a route to Cloudflare, without limit; only a pod that starts does
 */
export async function run(mode, wanted, settings, waits = mode === "ensure") {
    const totals = { posts: 0, patches: 0, deletes: 0 };
    const { lag } = settings.timing ?? usualTiming;
    const { zones, former } = zonesOf(mode, wanted);
    const all = [...zones, ...former];
    const { requests, done, denied, ...reached } = await inEachZone(
        all,
        (zone, call) => bringZone(zone, wanted, mode, call, totals, lag),
        settings,
        waits,
    );
    const inTheWay = [...done.values()].flatMap(({ conflicts }) => conflicts);
    const tunnels = await tunnelsOf(mode, inTheWay, wanted.target, settings);
    /** @type {string[]} */
    const names = [];
    /** @type {Zone[]} */
    const kept = [];
    let { result } = reached;
    for (const zone of all) {
        const { conflicts = [], refusals = [], kept: hostnames = [] } = done.get(zone) ?? {};
        if (hostnames.length > 0) {
            kept.push({ ...nameOnly(zone), hostnames });
        }
        names.push(...[...conflicts, ...refusals].map(({ name }) => name));
        const texts = conflicts.map((conflict) => conflictText(conflict, wanted, tunnels));
        [...texts, ...refusalTexts(zone, refusals)].forEach(say);
        const failure = denied.get(zone);
        if (failure === undefined) {
            continue;
        }
        if (failure.kind === "zone") {
            say(wrongZoneText(wanted.zones, zone, failure.message));
            result = result === "ok" ? "conflict" : result;
            continue;
        }
        say(`Zone ${zone.domain}: ${failure.message}`);
        // With none of the other zones served, the token itself may be wrong, and a right one will come.
        if (former.includes(zone) && done.size > 0) {
            say(leftZoneText(zone, wanted.owner));
        } else if (result === "ok") {
            result = "denied";
        }
    }
    if (result === "ok" && names.length > 0) {
        result = "conflict";
    }
    const { posts: created, patches: updated, deletes: deleted } = totals;
    const served =
        mode === "destroy" ? [] : wanted.zones.filter((zone) => zone.hostnames.length > 0);
    return {
        ...{ mode, result, requests, created, updated, deleted, conflicts: names },
        zones: served.map(nameOnly),
        ...(wanted.health === undefined ? {} : { health: wanted.health }),
        ...(kept.length === 0 ? {} : { kept }),
    };
}

/**
 * How the tunnels of other Rekindle stacks are whose records are in the way.
 * @param {Mode} mode
 * @param {readonly Conflict[]} conflicts
 * @param {string} target
 * @param {Settings} settings
 */
async function tunnelsOf(mode, conflicts, target, settings) {
    if (mode !== "prune" || conflicts.length === 0) {
        return undefined;
    }
    // Not in the pods, whose token may not ask.
    const { tunnelStates } = await import("./dns-neighbours.mjs");
    return tunnelStates(conflicts, target, settings);
}

/**
 * The zones where there is something to do.
 * @param {Mode} mode
 * @param {Wanted} wanted
 * @returns {{ zones: Zone[], former: Zone[] }}
 */
function zonesOf(mode, { zones, former = [] }) {
    if (mode === "ensure") {
        return { zones: zones.filter(({ hostnames }) => hostnames.length > 0), former: [] };
    }
    const gone = former.filter(({ id }) => !zones.some((zone) => zone.id === id));
    return { zones, former: gone.map((zone) => ({ ...zone, hostnames: [] })) };
}

/** @param {ZoneName} zone */
function nameOnly({ id, domain }) {
    return { id, domain };
}

/** @param {string} line */
function say(line) {
    console.error(line);
}

/**
 * @param {string | undefined} mode
 * @param {string | number} file what is wanted; 0 is standard input
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Summary & { text?: string }>} `text` is for people, instead of the summary
 */
async function perform(mode, file, env) {
    if (mode === undefined || !modes.includes(mode)) {
        throw new Error(`there is no mode "${mode ?? ""}": use ${modes.join(", ")}`);
    }
    const wanted = parseWanted(readFileSync(file, "utf8"));
    const output = env["PULUMI_COMMAND_STDOUT"];
    const last = healthOfLastRun(output);
    const zonesBefore = [...zonesOfLastRun(output), ...last.kept.map(nameOnly)];
    const former = zonesBefore.filter(
        ({ id }, index) => zonesBefore.findIndex((zone) => zone.id === id) === index,
    );
    if (mode === "remember") {
        const { zones, former: others } = zonesOf("prune", { ...wanted, target: "", former });
        // Not in the pods either: they start after this.
        const { wrongZones } = await import("./dns-zone-ids.mjs");
        const wrong = await wrongZones(wanted.zones, settingsFrom(env));
        wrong.forEach(say);
        const result = wrong.length === 0 ? "ok" : "conflict";
        return { mode, result, ...{ zones: [...zones, ...others].map(nameOnly) } };
    }
    const settings = settingsFrom(env);
    const formerHealth = [last.health ?? [], last.kept.map(({ hostnames }) => hostnames)].flat(2);
    const all = { ...wanted, target: need(env, "DNS_TARGET"), former, formerHealth };
    if (mode === "retire") {
        const { retire } = await import("./dns-retire.mjs");
        return { mode, ...(await retire(all, settings)) };
    }
    if (mode === "status") {
        // Not in the pods, which need not roll when a text for people changes.
        const { status } = await import("./dns-status.mjs");
        return { mode, ...(await status(all, settings)) };
    }
    return mode === "keep"
        ? { ...(await run("ensure", all, settings, false)), mode }
        : run(/** @type {Mode} */ (mode), all, settings);
}

/** @param {string[]} argv */
async function main([mode, file]) {
    // A container's first process ignores the signal unless told otherwise, and the pod would take its grace period to end.
    process.on("SIGTERM", () => process.exit(143));
    const { text, ...summary } = await perform(mode, file ?? 0, process.env).catch(
        /** @returns {Summary & { text?: string }} */
        (/** @type {Error} */ error) => {
            console.error(`dns.mjs: ${error.message}. Its head says how to call it.`);
            return { mode, result: "usage" };
        },
    );
    if (mode === "ensure" && summary.result !== "ok") {
        console.error(
            "The tunnel starts all the same; the next start of a pod or `pulumi up` tries again.",
        );
    }
    process.stdout.write(text ?? `${JSON.stringify(summary)}\n`);
    // In a pod: `kubectl describe` shows it.
    if (existsSync("/dev/termination-log")) {
        writeFileSync("/dev/termination-log", message(summary));
    }
    const open = mode === "ensure" || (mode === "keep" && summary.result === "unavailable");
    process.exit(open ? 0 : exitCodes[summary.result]);
}

/**
 * The summary on one line that the kubelet does not cut off.
 * @param {Summary} summary
 */
function message(summary) {
    const line = JSON.stringify(summary);
    return line.length <= longestMessage
        ? line
        : JSON.stringify({ ...summary, conflicts: shortened(summary.conflicts ?? [], 10) });
}

// The mounted file is a link into the volume: Node resolves links for import.meta, but not for argv.
if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
    void main(process.argv.slice(2));
}
