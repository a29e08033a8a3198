// Keeps the DNS records of a Cloudflare tunnel. This very file runs in two places: word for word from a ConfigMap as the
// pods' init container (`ensure`), and from Pulumi's command on the machine that deploys (`prune`, `destroy`). A cold
// start installs nothing for it and asks no registry of ours.
//
//   node dns.mjs ensure FILE       adds and repairs records, deletes none. Fails open: exits 0 whatever happens, because
//                                  a tunnel with stale records is better than no tunnel
//   node dns.mjs prune   < FILE    the same, and deletes our records of hostnames that are no longer wanted
//   node dns.mjs destroy < FILE    deletes all our records
//
// FILE is JSON: { owner, adopt: [content], zones: [{ id, domain, hostnames }] }. A record is ours if its comment is `owner`.
// Environment: CLOUDFLARE_BASE_URL, CLOUDFLARE_API_TOKEN or CLOUDFLARE_API_TOKEN_FILE, DNS_TARGET
// (the CNAMEs' content).
// Exit codes: 0 done, 2 conflict (the rest is done), 3 denied by Cloudflare, 4 unavailable, 64 wrong call, 70 a bug here.

import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { client, exitCodes, Failure, need, persist, settingsFrom } from "./cloudflare-api.mjs";

/** @import { Call, Result, Settings } from "./cloudflare-api.mjs" */
/** @typedef {"ensure" | "prune" | "destroy"} Mode */
/** @typedef {{ id: string, type: string, name: string, content: string, proxied?: boolean, comment?: string | null }} DnsRecord */
/** @typedef {{ id: string, domain: string, hostnames: string[] }} Zone */
/** @typedef {{ owner: string, target: string, adopt: string[], zones: Zone[] }} Wanted */
/** One entry of Cloudflare's batch call, and the name it is about.
 * @typedef {{ kind: "deletes" | "patches" | "posts", name: string, body: object }} Change */
/** What was done, counted up as it happens.
 * @typedef {{ requests: number, posts: number, patches: number, deletes: number }} Totals */

/** Changes in one batch on Cloudflare's free plan. */
const maxBatch = 200;

/**
 * Decides what to change in one zone, without doing it.
 * @param {readonly DnsRecord[]} records all records of the zone
 * @param {{ owner: string, target: string, adopt: readonly string[], hostnames: readonly string[] }} wanted
 * @param {Mode} mode
 * @returns {{ changes: Change[], conflicts: DnsRecord[] }} `conflicts` are records of others that stand in the way
 */
export function plan(records, { owner, target, adopt, hostnames }, mode) {
    const names = new Set(mode === "destroy" ? [] : hostnames);
    const fields = { content: target, proxied: true, ttl: 1, comment: owner };
    // Marked before this stack's tunnel was renamed: the mark differs, the target does not.
    const stack = owner.replace(/ tunnel=.*/, " tunnel=");
    const isOurs = (/** @type {DnsRecord} */ { type, content, comment }) =>
        type === "CNAME" &&
        (comment === owner || (content === target && comment?.startsWith(stack) === true));
    // A hand-made record that points at this very tunnel is taken over; one with another stack's mark only by `adopt`.
    const mayTake = (/** @type {DnsRecord} */ record) =>
        isOurs(record) ||
        (record.type === "CNAME" &&
            (adopt.includes(record.content) ||
                (record.content === target && record.comment?.startsWith("rekindle:") !== true)));
    /** @type {Change[]} */
    const changes = records
        .filter((record) => mode !== "ensure" && isOurs(record) && !names.has(record.name))
        .map(({ id, name }) => ({ kind: "deletes", name, body: { id } }));
    const conflicts = [];
    for (const name of names) {
        const [record, another] = records.filter(
            (each) => each.name === name && ["A", "AAAA", "CNAME"].includes(each.type),
        );
        if (record === undefined) {
            changes.push({ kind: "posts", name, body: { type: "CNAME", name, ...fields } });
        } else if (another !== undefined || !mayTake(record)) {
            conflicts.push(record);
        } else if (record.content !== target || !record.proxied || record.comment !== owner) {
            changes.push({ kind: "patches", name, body: { id: record.id, ...fields } });
        }
    }
    return { changes, conflicts };
}

/**
 * Brings the records of all zones to what is wanted, and says on stderr what it could not do.
 * @param {Mode} mode
 * @param {Wanted} wanted
 * @param {Settings} settings
 */
export async function run(mode, wanted, settings) {
    /** @type {Totals} */
    const totals = { requests: 0, posts: 0, patches: 0, deletes: 0 };
    const api = client(settings);
    /** @type {Call} */
    const call = (...request) => {
        totals.requests += 1;
        return api(...request);
    };
    /** @type {string[]} */
    let conflicts = [];
    const work = async () => {
        /** @type {Result} */
        let result = "ok";
        conflicts = [];
        for (const zone of wanted.zones) {
            // Where nothing is wanted only the other modes have something to do: to delete.
            if (mode === "ensure" && zone.hostnames.length === 0) {
                continue;
            }
            try {
                conflicts.push(...(await bringZone(zone, wanted, mode, call, totals)));
            } catch (error) {
                if (!(error instanceof Failure) || error.mayPass) {
                    throw error;
                }
                console.error(`Zone ${zone.domain}: ${error.message}`);
                result = "denied";
            }
        }
        return result === "ok" && conflicts.length > 0 ? "conflict" : result;
    };
    const result = await persist(work, settings, mode === "ensure");
    const { requests, posts: created, patches: updated, deletes: deleted } = totals;
    return { mode, result, requests, created, updated, deleted, conflicts };
}

/**
 * @param {Zone} zone
 * @param {Wanted} wanted
 * @param {Mode} mode
 * @param {Call} call
 * @param {Totals} totals
 * @returns {Promise<string[]>} the names whose records were left as they are
 */
async function bringZone(zone, wanted, mode, call, totals) {
    const path = `/zones/${zone.id}/dns_records`;
    /** @type {DnsRecord[]} */
    let conflicts = [];
    /** @type {Map<string, string>} */
    const refused = new Map();
    // A batch that is refused (then nothing of it is done) is most often a lost race against another pod: look again. The
    // last round goes one by one, so that a record that Cloudflare will not have does not hold up the others.
    for (const size of [maxBatch, maxBatch, 1]) {
        const planned = plan(await list(path, call), { ...wanted, ...zone }, mode);
        conflicts = planned.conflicts;
        refused.clear();
        for (let at = 0; at < planned.changes.length; at += size) {
            const batch = planned.changes.slice(at, at + size);
            const error = await send(batch, path, call);
            for (const { kind, name } of batch) {
                if (error === undefined) {
                    totals[kind] += 1;
                } else {
                    refused.set(name, error);
                }
            }
        }
        if (refused.size === 0) {
            break;
        }
    }
    for (const { name, type, content, comment } of conflicts) {
        const mark = comment ? ` ("${comment}")` : "";
        console.error(
            `${name}: the ${type} record to ${content}${mark} is not this stack's and was left as it is. Delete it` +
                (type === "CNAME" ? ", or list its content under adopt in rekindle:tunnel." : "."),
        );
    }
    refused.forEach((error, name) => {
        console.error(`${name}: ${error} Look at this name's records in the dashboard.`);
    });
    return [...conflicts.map(({ name }) => name), ...refused.keys()];
}

/**
 * Sends one batch, all or nothing.
 * @param {Change[]} changes
 * @param {string} path
 * @param {Call} call
 * @returns {Promise<string | undefined>} why it was refused
 */
async function send(changes, path, call) {
    const kinds = /** @type {const} */ (["deletes", "patches", "posts"]);
    const bodies = kinds.map((kind) => [
        kind,
        changes.filter((c) => c.kind === kind).map((c) => c.body),
    ]);
    try {
        await call("POST", `${path}/batch`, Object.fromEntries(bodies));
        return undefined;
    } catch (error) {
        if (error instanceof Failure && error.kind === "refused") {
            return error.message;
        }
        throw error;
    }
}

/**
 * @param {string} path
 * @param {Call} call
 */
async function list(path, call) {
    /** @type {DnsRecord[]} */
    const records = [];
    for (let page = 1, last = 1; page <= last; page += 1) {
        const { result, pages } = await call("GET", `${path}?page=${page}&per_page=1000`);
        records.push(.../** @type {DnsRecord[]} */ (result));
        last = pages;
    }
    return records;
}

/**
 * @param {string | undefined} mode
 * @param {string | number} file what is wanted; 0 is standard input
 * @param {NodeJS.ProcessEnv} env
 */
async function perform(mode, file, env) {
    if (mode !== "ensure" && mode !== "prune" && mode !== "destroy") {
        throw new Error(`there is no mode "${mode ?? ""}": use ensure, prune or destroy`);
    }
    const settings = settingsFrom(env);
    const target = need(env, "DNS_TARGET");
    return run(mode, { ...JSON.parse(readFileSync(file, "utf8")), target }, settings);
}

/** @param {string[]} argv */
async function main([mode, file]) {
    // A container's first process ignores the signal unless told otherwise, and the pod would take its grace period to end.
    process.on("SIGTERM", () => process.exit(143));
    const summary = await perform(mode, file ?? 0, process.env).catch(
        (/** @type {Error} */ error) => {
            console.error(`dns.mjs: ${error.message}. Its head says how to call it.`);
            return { mode, result: /** @type {const} */ ("usage") };
        },
    );
    if (mode === "ensure" && summary.result !== "ok") {
        console.error(
            "The tunnel starts all the same; the next start of a pod or `pulumi up` tries again.",
        );
    }
    const line = `${JSON.stringify(summary)}\n`;
    process.stdout.write(line);
    // In a pod: `kubectl describe` shows it.
    if (existsSync("/dev/termination-log")) {
        writeFileSync("/dev/termination-log", line);
    }
    process.exit(mode === "ensure" ? 0 : exitCodes[summary.result]);
}

// The mounted file is a link into the volume: Node resolves links for import.meta, but not for argv.
if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
    void main(process.argv.slice(2));
}
