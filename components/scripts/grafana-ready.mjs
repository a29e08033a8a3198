// Waits until Grafana answers, and checks what everything else there rests on: the login and the data source. Pulumi runs it
// before it changes anything in Grafana, so that one sentence tells what is wrong, and not one error for each rule.
//
//   node grafana-ready.mjs < FILE     FILE is JSON: { url, auth, datasourceUid, waitSeconds? = 300 }
//
// `auth` is USER:PASSWORD or a service account's token, and is printed nowhere.
// Exit codes: 0 ready, 3 refused, 4 not reached, 64 wrong call.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import "./slow-uplink.mjs";

/** @typedef {{ url: string, auth: string, datasourceUid: string, waitSeconds?: number }} Wanted */

/** Milliseconds between two looks. */
const pause = 2_000;
/** Between two lines that say that it still waits. */
const tellEvery = 30_000;

/**
 * @param {Wanted} wanted
 * @param {string} path
 */
async function get({ url, auth }, path) {
    const credentials = auth.includes(":")
        ? `Basic ${Buffer.from(auth).toString("base64")}`
        : `Bearer ${auth}`;
    const response = await fetch(url.replace(/\/$/, "") + path, {
        headers: { authorization: credentials },
        redirect: "manual",
        signal: AbortSignal.timeout(10_000),
    });
    return {
        ...{ status: response.status, text: await response.text() },
        location: response.headers.get("location") ?? "",
    };
}

/**
 * Looks until it is there and answers, or until the time is over: it may go again right after it was there.
 * @param {Wanted} wanted
 * @returns {Promise<{ away?: string, wrong?: string }>} why it is not there, or what is wrong and what to do
 */
async function persist(wanted) {
    const begun = Date.now();
    const end = begun + (wanted.waitSeconds ?? 300) * 1000;
    for (let told = 0; ;) {
        let away;
        try {
            const seen = await look(wanted);
            if (seen.away === undefined) {
                return seen;
            }
            away = seen.away;
        } catch (error) {
            const { cause } = /** @type {Error & { cause?: Error & { code?: string } }} */ (error);
            const wrong = certificateProblem(wanted.url, cause?.code);
            if (wrong !== undefined) {
                return { wrong };
            }
            away = (cause ?? /** @type {Error} */ (error)).message;
        }
        if (Date.now() + pause > end) {
            return { away };
        }
        if (Date.now() - told >= tellEvery) {
            told = Date.now();
            const waited = Math.round((told - begun) / 1000);
            const left = Math.round((end - told) / 1000);
            console.error(
                `Waiting for Grafana at ${wanted.url}: ${away} (${waited} s so far, ${left} s more at most)`,
            );
        }
        await sleep(pause);
    }
}

/**
 * @param {Wanted} wanted
 * @returns {Promise<{ away?: string, wrong?: string }>}
 * @throws when there is no answer
 */
async function look(wanted) {
    const { url, datasourceUid } = wanted;
    const health = await get(wanted, "/api/health");
    const front = frontProblem(url, health);
    if (front !== undefined) {
        return { wrong: front };
    }
    if (health.status !== 200) {
        return { away: `it answers ${health.status}` };
    }
    const { status, text } = await get(
        wanted,
        `/api/datasources/uid/${encodeURIComponent(datasourceUid)}`,
    );
    if (status === 429 || status >= 500) {
        return { away: `it answers ${status} when asked for its data source` };
    }
    if (status === 401 || status === 403) {
        const wrong = `Grafana at ${url} refuses the login (${status}): \`pulumi config set --secret grafanaAuth\` with USER:PASSWORD of an administrator, or a service account's token with that role.`;
        return { wrong };
    }
    if (status === 404) {
        const { text: list } = await get(wanted, "/api/datasources");
        const wrong = `Grafana at ${url} has no data source with the uid "${datasourceUid}"${known(list)}: correct rekindle:grafana.datasourceUid.`;
        return { wrong };
    }
    const type = status === 200 ? typeOf(text) : undefined;
    if (type === undefined) {
        const wrong = `What answers at ${url} is no Grafana (${status} when asked for the data source "${datasourceUid}"): correct rekindle:grafana.url.`;
        return { wrong };
    }
    const older = versionProblem(url, health.text);
    if (older !== undefined) {
        return { wrong: older };
    }
    return type === "prometheus"
        ? {}
        : {
              wrong: `The data source "${datasourceUid}" of Grafana at ${url} is of type ${type}, and the alerts ask Prometheus: correct rekindle:grafana.datasourceUid.`,
          };
}

/**
 * Says what stands before Grafana when it answers in Grafana's place: nobody waits for that to end.
 * @param {string} url
 * @param {{ status: number, location: string }} health the answer of /api/health, which Grafana gives to anybody
 */
function frontProblem(url, { status, location }) {
    if (status >= 300 && status < 400) {
        const path = location.replace(/\/api\/health.*$/, "");
        const own = /^https?:/.test(path) && path !== location ? `: set ${path}` : "";
        return `${url} sends everybody on to ${location === "" ? "nowhere" : location} (${status}). Is that Grafana under its own address${own}? A login page in front of Grafana lets no program in: give Grafana's own address and port as rekindle:grafana.url.`;
    }
    if (status === 401 || status === 403) {
        return `Something in front of Grafana at ${url} wants a login of its own (${status}): Grafana lets anybody see /api/health. Give Grafana's own address and port as rekindle:grafana.url.`;
    }
    return undefined;
}

/**
 * @param {string} url
 * @param {string | undefined} code Node's name of what went wrong
 */
function certificateProblem(url, code = "") {
    if (!/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(code)) {
        return undefined;
    }
    return `Grafana at ${url} has a certificate that this computer does not trust (${code}): give its http address on the LAN as rekindle:grafana.url, or a certificate of a public authority to it.`;
}

/**
 * Rules with a contact point of their own, a time to keep firing and a number of missing evaluations need 12.0.3: an older Grafana drops what
 * it does not know, and sends each message to its own default (grafana/grafana#100750, #102150, #107077).
 * @param {string} url
 * @param {string} health
 */
function versionProblem(url, health) {
    const [, text = "", major, minor, patch] =
        /"version":\s*"((\d+)\.(\d+)\.(\d+)[^"]*)"/.exec(health) ?? [];
    const parts = [major, minor, patch].map(Number);
    const wanted = [12, 0, 3];
    const at = parts.findIndex((part, index) => part !== wanted[index]);
    // Grafana may hide its version from strangers.
    return text === "" || at < 0 || Number(parts[at]) > Number(wanted[at])
        ? undefined
        : `Grafana at ${url} is ${text}, and these rules need 12.0.3 or later: an older one would send their messages to its own default. Update Grafana, and run the same command again.`;
}

/**
 * @param {string} text a data source, if it is one
 * @returns {string | undefined}
 */
function typeOf(text) {
    try {
        return JSON.parse(text).type;
    } catch {
        return undefined;
    }
}

/** @param {string} list the answer of /api/datasources */
function known(list) {
    try {
        /** @type {{ uid: string, type: string }[]} */
        const sources = JSON.parse(list);
        const uids = sources.filter(({ type }) => type === "prometheus").map(({ uid }) => uid);
        return uids.length === 0
            ? " and none for Prometheus"
            : `; those for Prometheus are ${uids.join(", ")}`;
    } catch {
        return "";
    }
}

/** @returns {Promise<number>} the exit code */
async function main() {
    /** @type {Wanted} */
    let wanted;
    try {
        wanted = JSON.parse(readFileSync(0, "utf8"));
    } catch {
        console.error(
            "grafana-ready.mjs: standard input is not JSON. Its head says how to call it.",
        );
        return 64;
    }
    const { away, wrong } = await persist(wanted);
    if (away !== undefined) {
        console.error(
            `Grafana at ${wanted.url} cannot be reached (${away}), so no alert was changed; everything else is done. Bring Grafana up, or correct rekindle:grafana.url, and run the same command again.`,
        );
        return 4;
    }
    if (wrong !== undefined) {
        console.error(wrong);
        return 3;
    }
    console.log(`Grafana at ${wanted.url} is ready`);
    return 0;
}

process.exit(await main());
