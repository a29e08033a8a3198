import { CallError, noAnswer, waiting } from "../http";
import type { Status } from "../rules";
import { list, text, type Value, type Values } from "../values";

/** Milliseconds that one call may take. */
const callTime = 30_000;
/** Statuses that the provider tries again when its configuration does not name any; 401 too. */
const usualCodes = ["429", "5xx", "401", "412"];

/** Calls Grafana's API as terraform-provider-grafana does: same login, same patience. */
export class GrafanaClient {
    readonly #base: string;
    readonly #login: string;
    readonly #retries: number;
    /** Seconds; 0 doubles from 2. */
    readonly #wait: number;
    readonly #codes: readonly string[];

    /** @param config the provider's inputs; Pulumi sends all but texts as JSON texts */
    constructor(config: Values) {
        const auth = text(config["auth"]);
        this.#base = `${text(config["url"]).replace(/\/$/, "")}/api`;
        this.#login = auth.includes(":")
            ? `Basic ${Buffer.from(auth).toString("base64")}`
            : `Bearer ${auth}`;
        this.#retries = Number(config["retries"] ?? 3);
        this.#wait = Number(config["retryWait"] ?? 0);
        const codes = list(fromJson(config["retryStatusCodes"])).map(text);
        this.#codes = codes.length === 0 ? usualCodes : codes;
    }

    /** @throws CallError unless it is answered with success, after as many tries as the configuration allows */
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
                const worth =
                    error instanceof CallError && attempt < this.#retries && this.#helps(error);
                if (!worth) {
                    throw error;
                }
                const seconds = this.#wait === 0 ? 2 ** (attempt + 1) : this.#wait;
                await waiting(error.message, seconds * 1000, status);
            }
        }
    }

    /** Checks whether another try may help. */
    #helps({ status }: CallError): boolean {
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
            throw new CallError(`${what}: ${noAnswer(error)}`, undefined);
        }
        if (!response.ok) {
            throw new CallError(`${what}: ${response.status} ${answer}`.trim(), response.status);
        }
        return answer === "" ? null : (JSON.parse(answer) as Value);
    }
}

function fromJson(value: Value | undefined): Value | undefined {
    return typeof value === "string" ? (JSON.parse(value) as Value) : value;
}
