// Calls to Cloudflare's API from a house whose network may not be up yet. Shared by the scripts beside it, and mounted
// into the pods together with dns.mjs: with what it imports from here, it needs nothing but Node 22.

import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import "./slow-uplink.mjs";

/** `edge` is HOST:PORT; both defaults are changed by tests only.
 * `account` can read tunnels: pods have none.
 * @typedef {{ baseUrl: string, token: string, account?: { id: string, token: string }, edge?: string,
 *   timing?: typeof usualTiming }} Settings */
/** @typedef {(method: string, path: string, body?: object) => Promise<{ result: unknown, pages: number }>} Call */
/** @typedef {keyof typeof exitCodes} Result */
/** @typedef {{ code: number, message: string, error_chain?: ApiError[] }} ApiError */

export const exitCodes = { ok: 0, conflict: 2, denied: 3, unavailable: 4, usage: 64, bug: 70 };
/** Milliseconds. */
export const usualTiming = {
    request: 10_000,
    probe: 5_000,
    /** After the first failure. It doubles up to `longestPause`, and each is shortened by chance by up to a half. */
    pause: 1_000,
    longestPause: 15_000,
    /** How long to go on asking an API that fails although there is a route. */
    patience: 60_000,
    /** Between two looks for a route. */
    noRoute: 3_000,
    /**
     * Between the looks at a list that lags behind its writes: 30 s in all, as long as Cloudflare's own Terraform provider gives it
     * (cloudflare/terraform-provider-cloudflare#773).
     */
    lag: [1_000, 4_000, 10_000, 15_000],
    /** Between the watchdog's move to another health hostname and the end of the old one: twice its own time-out. */
    settle: 30_000,
};
/** Where cloudflared connects to: if this cannot be reached either, the fault is not the API's. */
const usualEdge = "region1.v2.argotunnel.com:7844";

/** A call that did not succeed, or cannot be made; `api`, `network` and `clock` may pass. */
export class Failure extends Error {
    /**
     * @param {"denied" | "refused" | "zone" | "api" | "network" | "clock"} kind `zone` is one with another's id
     * @param {string} message
     * @param {{ status?: number, codes?: number[], retryAfter?: number }} [more] HTTP status, Cloudflare's error codes,
     * and the milliseconds that it asks to wait
     */
    constructor(kind, message, { status = 0, codes = [], retryAfter = 0 } = {}) {
        super(message);
        this.kind = kind;
        this.status = status;
        this.codes = codes;
        this.retryAfter = retryAfter;
        this.mayPass = kind === "api" || kind === "network" || kind === "clock";
    }
}

/**
 * A function that makes one API call, and throws a Failure unless it succeeds.
 * @param {Settings} settings
 * @param {AbortSignal} [deadline] of all calls together
 * @returns {Call}
 */
export function client({ baseUrl, token, timing = usualTiming }, deadline) {
    return async (method, path, body) => {
        const what = `${method} ${baseUrl}${path}`;
        const limit = AbortSignal.timeout(timing.request);
        let response;
        let text;
        try {
            response = await fetch(baseUrl + path, {
                method,
                headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
                body: body && JSON.stringify(body),
                redirect: "manual",
                signal: deadline ? AbortSignal.any([limit, deadline]) : limit,
            });
            text = await response.text();
        } catch (error) {
            throw networkFailure(what, /** @type {Error} */ (error));
        }
        const answer = jsonOf(text);
        if (response.ok && answer?.success === true) {
            return { result: answer.result, pages: answer.result_info?.total_pages ?? 1 };
        }
        throw answerFailure(what, response, answer);
    };
}

/**
 * @param {string} text
 * @returns {any} undefined if it is not JSON
 */
function jsonOf(text) {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

/** Cloudflare's codes for a token that it does not take, whatever the status. */
const notLetIn = [6003, 9106, 9109, 10000, 10001];

/**
 * @param {string} what
 * @param {Response} response
 * @param {any} answer its JSON
 */
function answerFailure(what, { status, headers }, answer) {
    /** @type {ApiError[]} */
    const listed = Array.isArray(answer?.errors) ? answer.errors : [];
    // "DNS Validation Error" alone says nothing: the reason stands in its chain.
    const errors = listed.flatMap((error) => [error, ...(error.error_chain ?? [])]);
    const codes = errors.map(({ code }) => code);
    const reasons = errors.map(({ code, message }) => `: ${code} ${message}`).join("");
    const retryAfter = waitOf(headers.get("retry-after"));
    const place = headers.get("location");
    const said = [
        `${what} was answered ${status}${reasons}`,
        ...(place === null ? [] : [`and sent on to ${place}`]),
        ...(answer?.success === undefined ? ["with something that is not Cloudflare's JSON"] : []),
        ...(retryAfter > 0 ? [`and asks to wait ${Math.ceil(retryAfter / 1000)} s`] : []),
    ];
    const message = said.join(", ").replace(/[.?]?$/, ".");
    const more = { status, codes, retryAfter };
    // Some of these come with a 400: 6003 is for a header that holds no token.
    if (status === 401 || status === 403 || codes.some((code) => notLetIn.includes(code))) {
        const advice =
            answer?.success === undefined
                ? "Somebody in front of Cloudflare's API refuses it: check proxies and filters on the way, and CLOUDFLARE_BASE_URL."
                : "Check the API token, its permissions and zones.";
        return new Failure("denied", `${message} ${advice}`, more);
    }
    // "Could not route": an id in the path is none.
    if (status === 404 && codes.includes(7003)) {
        const advice =
            "Check the id: rekindle:zones has those of zones, rekindle:accountId the account's.";
        return new Failure("refused", `${message} ${advice}`, more);
    }
    const mayPass = status < 400 || status === 408 || status === 429 || status >= 500;
    return new Failure(mayPass ? "api" : "refused", message, more);
}

/**
 * Does `work` again and again as long as that may help; says on stderr what is wrong.
 * @param {(deadline?: AbortSignal) => Promise<Result>} work
 * @param {Settings} settings
 * @param {boolean} failOpen for a tunnel that is to start in any case: waits without limit for a route, because without
 * one its connector would only crash, and once there is one has no more than `patience` for everything
 * @returns {Promise<Result>}
 */
export async function persist(work, { edge = usualEdge, timing = usualTiming }, failOpen) {
    let failingSince = 0;
    let pause = timing.pause;
    let said = "";
    for (;;) {
        const begun = Date.now();
        try {
            const left = timing.patience - (failingSince === 0 ? 0 : begun - failingSince);
            return await work(failOpen ? AbortSignal.timeout(Math.max(left, 0)) : undefined);
        } catch (error) {
            if (!(error instanceof Failure && error.mayPass)) {
                console.error(error instanceof Failure ? error.message : error);
                return error instanceof Failure ? "denied" : "bug";
            }
            const noRoute =
                error.kind === "clock" ||
                (error.kind === "network" && !(await isReachable(edge, timing.probe)));
            const line = `${error.message} ${advice(error.kind === "clock", noRoute, edge)}`;
            if (line !== said) {
                said = line;
                console.error(line);
            }
            if (noRoute && failOpen) {
                failingSince = 0;
                pause = timing.pause;
                await sleep(timing.noRoute);
                continue;
            }
            failingSince ||= begun;
            const wait = Math.max(error.retryAfter, pause * (1 - Math.random() / 2));
            if (noRoute || Date.now() + wait - failingSince > timing.patience) {
                return "unavailable";
            }
            await sleep(wait);
            pause = Math.min(pause * 2, timing.longestPause);
        }
    }
}

/**
 * @param {boolean} clock
 * @param {boolean} noRoute
 * @param {string} edge
 */
function advice(clock, noRoute, edge) {
    if (clock) {
        return `This machine's clock says ${new Date().toDateString()}: check its NTP service.`;
    }
    return noRoute
        ? `${edge} cannot be reached either: check router, uplink and DNS.`
        : "There is a route: see www.cloudflarestatus.com, and CLOUDFLARE_BASE_URL.";
}

/**
 * @param {string} what
 * @param {Error} error as fetch throws it, with the reason as its cause
 */
function networkFailure(what, error) {
    if (error.name === "TimeoutError") {
        return new Failure("network", `${what}: no answer in time.`);
    }
    const cause = /** @type {Error & { code?: string }} */ (error.cause ?? error);
    const code = String(cause.code);
    if (code === "CERT_NOT_YET_VALID") {
        return new Failure("clock", `${what}: the certificate is not valid yet.`);
    }
    // Somebody answers who is not Cloudflare: there is a route, and waiting for one would be waiting for ever.
    if (/CERT|^UNABLE_TO_|^ERR_(TLS|SSL)/.test(code)) {
        return new Failure("api", `${what}: the certificate is not Cloudflare's (${code}).`);
    }
    return new Failure("network", `${what}: ${cause.message || code}.`);
}

/**
 * @param {string | null} header Retry-After: seconds, or a date
 * @returns {number} milliseconds
 */
function waitOf(header) {
    const seconds = Number(header);
    const wait = Number.isNaN(seconds) ? Date.parse(header ?? "") - Date.now() : seconds * 1000;
    return wait > 0 ? wait : 0;
}

/**
 * @param {string} edge
 * @param {number} timeout milliseconds
 * @returns {Promise<boolean>}
 */
function isReachable(edge, timeout) {
    const { hostname: host, port } = new URL(`tcp://${edge}`);
    return new Promise((resolve) => {
        const socket = connect({ host, port: Number(port), timeout });
        for (const event of ["connect", "timeout", "error"]) {
            socket.once(event, () => {
                socket.destroy();
                resolve(event === "connect");
            });
        }
    });
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} name
 * @throws when it is not set
 */
export function need(env, name) {
    const value = env[name];
    if (!value) {
        throw new Error(`the environment has no ${name}`);
    }
    return value;
}

/**
 * Where the API is and how to be let in: CLOUDFLARE_BASE_URL, and CLOUDFLARE_API_TOKEN or (for pods, whose environment
 * anybody can read who may read pods) CLOUDFLARE_API_TOKEN_FILE.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Settings}
 * @throws when one is missing or cannot be right
 */
export function settingsFrom(env) {
    const file = env["CLOUDFLARE_API_TOKEN_FILE"];
    const token = file ? readFileSync(file, "utf8").trim() : need(env, "CLOUDFLARE_API_TOKEN");
    // fetch would name a header that it cannot send in its error, and with it the token.
    if (!/^[\w-]+$/.test(token)) {
        throw new Error("the API token holds characters that no token has");
    }
    const baseUrl = need(env, "CLOUDFLARE_BASE_URL");
    if (!URL.canParse(baseUrl)) {
        throw new Error(`CLOUDFLARE_BASE_URL is not an address: ${baseUrl}`);
    }
    const [id, accountToken] = [env["CLOUDFLARE_ACCOUNT_ID"], env["CLOUDFLARE_ACCOUNT_TOKEN"]];
    return {
        ...{ baseUrl, token },
        ...(id && accountToken ? { account: { id, token: accountToken } } : {}),
    };
}
