import { setTimeout as delay } from "node:timers/promises";
import { isObject, type Value, type Values } from "../values";

/** The provider's own check; a token of another form is refused before any call. */
const tokenForm = /^[0-9A-Za-z_-]{40,80}$/;
const productionUrl = "https://api.cloudflare.com/client/v4";
/** How often the real client tries again (cloudflare-go 6.6). */
const retries = 10;
/** Milliseconds that one call may take. */
const callTime = 60_000;

/** A call that did not succeed. */
export class CallError extends Error {
    constructor(
        message: string,
        /** Undefined when there was no answer at all. */
        readonly status: number | undefined,
    ) {
        super(message);
    }
}

/** Calls Cloudflare's API as the client inside pulumi-cloudflare does: same header, same patience. */
export class CloudflareClient {
    readonly #url: string;

    /**
     * @param baseUrl empty means Cloudflare itself
     * @throws when the token cannot be one
     */
    constructor(
        baseUrl: string,
        private readonly token: string,
    ) {
        if (!tokenForm.test(token)) {
            throw new Error(
                "the cloudflare provider's apiToken must be 40 to 80 letters, digits, _ or -: check that it was copied whole.",
            );
        }
        this.#url = `${(baseUrl === "" ? productionUrl : baseUrl).replace(/\/$/, "")}/`;
    }

    /**
     * One call, tried again as long as that can help.
     * @param path relative to the base address
     * @param status hears why it waits
     * @returns the `result` of the answer
     * @throws with the call, the HTTP status and Cloudflare's codes when it was refused
     */
    async call(
        method: string,
        path: string,
        body: Value | undefined,
        status: (text: string) => void,
    ): Promise<Values> {
        const result = await this.#persist(method, path, json(body), status);
        if (!isObject(result)) {
            throw new CallError(`${method} ${this.#url}${path}: the answer holds no object`, 200);
        }
        return result;
    }

    /** The same for a list. @returns its first page */
    async list(path: string, status: (text: string) => void): Promise<Values[]> {
        const result = await this.#persist("GET", path, undefined, status);
        return Array.isArray(result) ? result.filter(isObject) : [];
    }

    /** The same for a form, and for an answer that need not hold anything. @param form makes it anew for each try */
    async send(
        method: string,
        path: string,
        form: (() => FormData) | undefined,
        status: (text: string) => void,
    ): Promise<void> {
        await this.#persist(method, path, form, status);
    }

    async #persist(
        method: string,
        path: string,
        body: Body | undefined,
        status: (text: string) => void,
    ): Promise<Value> {
        for (let attempt = 0; ; attempt++) {
            const answer = await this.#once(method, path, body);
            if (answer.ok) {
                return answer.result;
            }
            const wait = attempt < retries ? retryDelay(attempt, answer) : undefined;
            if (wait === undefined) {
                const message = `${method} ${this.#url}${path}: ${answer.problem}`;
                throw new CallError(message, answer.status);
            }
            status(`${method} ${path}: ${answer.problem}; trying again in ${wait / 1000} s`);
            await delay(wait);
        }
    }

    async #once(method: string, path: string, body: Body | undefined): Promise<Answer> {
        let response: Response;
        let text: string;
        const made = body?.();
        try {
            response = await fetch(this.#url + path, {
                method,
                headers: {
                    authorization: `Bearer ${this.token}`,
                    // A form's has its boundary in it.
                    ...(typeof made === "object" ? {} : { "content-type": "application/json" }),
                },
                ...(made === undefined ? {} : { body: made }),
                signal: AbortSignal.timeout(callTime),
            });
            text = await response.text();
        } catch (error) {
            const cause = error instanceof Error ? (error.cause ?? error) : error;
            return { ok: false, problem: `no answer (${String(cause)})`, headers: new Headers() };
        }
        const result = resultOf(text);
        return response.ok && result !== undefined
            ? { ok: true, result }
            : {
                  ok: false,
                  problem: `${response.status} ${response.statusText} ${text}`.trim(),
                  status: response.status,
                  headers: response.headers,
              };
    }
}

/** What is sent, made anew for each try. */
type Body = () => string | FormData;

function json(body: Value | undefined): Body | undefined {
    return body === undefined ? undefined : () => JSON.stringify(body);
}

interface Refusal {
    /** Undefined when there was no answer at all. */
    readonly status?: number;
    readonly headers: Headers;
}

type Answer =
    | { readonly ok: true; readonly result: Value }
    | (Refusal & { readonly ok: false; readonly problem: string });

/**
 * Milliseconds until the next try; undefined when another try cannot help.
 * @param attempt how many retries have been made
 */
export function retryDelay(attempt: number, { status, headers }: Refusal): number | undefined {
    const told = headers.get("x-should-retry");
    const worth = status === undefined || [408, 409, 429].includes(status) || status >= 500;
    if (told === "false" || (told !== "true" && !worth)) {
        return undefined;
    }
    const asked = Number(headers.get("retry-after") ?? NaN) * 1000;
    return asked >= 0 && asked < 60_000 ? asked : Math.min(2000 * 2 ** attempt, 30_000);
}

function resultOf(text: string): Value | undefined {
    try {
        return (JSON.parse(text) as Values)["result"];
    } catch {
        return undefined;
    }
}
