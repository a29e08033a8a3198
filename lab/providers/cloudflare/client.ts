import { CallError, noAnswer, unlessMissing, waiting } from "../http";
import type { Status } from "../rules";
import { isObject, type Value, type Values } from "../values";

/** The provider's own check: it refuses a token of another form before any call. */
const tokenForm = /^[0-9A-Za-z_-]{40,80}$/;
const productionUrl = "https://api.cloudflare.com/client/v4";
/** How often the real client tries again (cloudflare-go 6.6). */
const retries = 10;
/** Milliseconds that one call may take. */
const callTime = 60_000;

/** Makes a body anew for each try. */
type Body = () => string | FormData;

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
     * Makes a call, and tries again as long as that can help.
     * @param path relative to the base address
     * @returns the `result` of the answer; an empty object for any other
     * @throws CallError with the call, the HTTP status and Cloudflare's codes when it was refused
     */
    async call(
        method: string,
        path: string,
        body: Value | Body | undefined,
        status: Status,
    ): Promise<Values> {
        const made =
            typeof body === "function" || body === undefined ? body : () => JSON.stringify(body);
        const response = await this.#persist(method, path, made, status);
        const { result } = (await response.json()) as Values;
        return isObject(result) ? result : {};
    }

    /** Fetches what may not exist. @returns undefined then */
    async find(path: string, status: Status): Promise<Values | undefined> {
        return unlessMissing(this.call("GET", path, undefined, status));
    }

    /** Fetches a form. */
    async form(path: string, status: Status): Promise<FormData> {
        return (await this.#persist("GET", path, undefined, status)).formData();
    }

    async #persist(
        method: string,
        path: string,
        body: Body | undefined,
        status: Status,
    ): Promise<Response> {
        for (let attempt = 0; ; attempt++) {
            const answer = await this.#once(method, path, body);
            if (answer instanceof Response) {
                return answer;
            }
            const wait = attempt < retries ? retryDelay(attempt, answer) : undefined;
            if (wait === undefined) {
                throw new CallError(
                    `${method} ${this.#url}${path}: ${answer.problem}`,
                    answer.status,
                );
            }
            await waiting(`${method} ${path}: ${answer.problem}`, wait, status);
        }
    }

    async #once(
        method: string,
        path: string,
        body: Body | undefined,
    ): Promise<Response | (Refusal & { readonly problem: string })> {
        const made = body?.();
        try {
            const response = await fetch(this.#url + path, {
                method,
                headers: {
                    authorization: `Bearer ${this.token}`,
                    // A form brings its own type, with its boundary.
                    ...(typeof made === "object" ? {} : { "content-type": "application/json" }),
                },
                ...(made === undefined ? {} : { body: made }),
                signal: AbortSignal.timeout(callTime),
            });
            const { ok, status, statusText, headers } = response;
            // The whole answer has to arrive within the call's time.
            const content = await response.blob();
            return ok
                ? new Response(content, { headers })
                : {
                      problem: `${status} ${statusText} ${await content.text()}`.trim(),
                      ...{ status, headers },
                  };
        } catch (error) {
            return { problem: noAnswer(error), headers: new Headers() };
        }
    }
}

interface Refusal {
    /** Undefined when there was no answer at all. */
    readonly status?: number;
    readonly headers: Headers;
}

/**
 * Returns the milliseconds until the next try; undefined when another try cannot help.
 * @param attempt how many retries have been made
 */
export function retryDelay(attempt: number, { status, headers }: Refusal): number | undefined {
    const advice = headers.get("x-should-retry");
    const worth = status === undefined || [408, 409, 429].includes(status) || status >= 500;
    if (advice === "false" || (advice !== "true" && !worth)) {
        return undefined;
    }
    const asked = Number(headers.get("retry-after") ?? NaN) * 1000;
    return asked >= 0 && asked < 60_000 ? asked : Math.min(2000 * 2 ** attempt, 30_000);
}
