import { setTimeout as delay } from "node:timers/promises";
import type { Value, Values } from "../values";
import { CallError } from "./cloudflare-client";
import { list, text, type Status } from "./rules";

/** Milliseconds that one call may take. */
const callTime = 30_000;
/** What the provider tries again when its configuration does not say; 401 too. */
const usualCodes = ["429", "5xx", "401", "412"];

/** Calls Grafana's API as terraform-provider-grafana does: same login, same patience. */
export class GrafanaClient {
    readonly #base: string;
    readonly #login: string;
    readonly #retries: number;
    readonly #wait: number;
    readonly #codes: readonly string[];

    constructor(config: Values) {
        const auth = text(config["auth"]);
        this.#base = `${text(config["url"]).replace(/\/$/, "")}/api`;
        this.#login = auth.includes(":")
            ? `Basic ${Buffer.from(auth).toString("base64")}`
            : `Bearer ${auth}`;
        this.#retries = Number(config["retries"] ?? 3);
        this.#wait = Number(config["retryWait"] ?? 0);
        const codes = list(config["retryStatusCodes"]).map(text);
        this.#codes = codes.length === 0 ? usualCodes : codes;
    }

    /** @throws CallError unless it is answered with success, after trying again as long as the configuration says */
    async call(
        method: string,
        path: string,
        body: Value | undefined,
        status: Status,
    ): Promise<Value> {
        for (let attempt = 0; ; attempt++) {
            try {
                return await this.#once(method, path, body);
            } catch (error) {
                if (
                    !(error instanceof CallError) ||
                    attempt >= this.#retries ||
                    !this.#worth(error)
                ) {
                    throw error;
                }
                const seconds = this.#wait === 0 ? 2 ** (attempt + 1) : this.#wait;
                status(`${error.message}; trying again in ${seconds} s`);
                await delay(seconds * 1000);
            }
        }
    }

    #worth({ status }: CallError): boolean {
        return (
            status === undefined ||
            this.#codes.some((code) =>
                code.endsWith("xx")
                    ? String(status).startsWith(code[0] ?? "-")
                    : code === String(status),
            )
        );
    }

    async #once(method: string, path: string, body: Value | undefined): Promise<Value> {
        const what = `${method} ${this.#base}${path}`;
        let response: Response;
        let answer: string;
        try {
            response = await fetch(this.#base + path, {
                method,
                headers: { authorization: this.#login, "content-type": "application/json" },
                ...(body === undefined ? {} : { body: JSON.stringify(body) }),
                signal: AbortSignal.timeout(callTime),
            });
            answer = await response.text();
        } catch (error) {
            const cause = error instanceof Error ? (error.cause ?? error) : error;
            throw new CallError(`${what}: no answer (${String(cause)})`, undefined);
        }
        if (!response.ok) {
            throw new CallError(`${what}: ${response.status} ${answer}`.trim(), response.status);
        }
        return answer === "" ? null : (JSON.parse(answer) as Value);
    }
}
