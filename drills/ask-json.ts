import "../components/scripts/slow-uplink.mjs";
import type { Ask } from "./house";

/**
 * A way to ask one HTTP API in JSON.
 * @param base its address, without a slash at the end
 * @returns a function that throws, with address and reason, when the answer is no success or does not come within 10 s
 */
export function askJson(base: string, headers: Readonly<Record<string, string>>): Ask {
    return async <T>(method: string, path: string, body?: unknown) => {
        const answer = await fetch(`${base}${path}`, {
            method,
            headers: { ...headers, "content-type": "application/json" },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
            redirect: "error",
            signal: AbortSignal.timeout(10_000),
        }).catch((error: unknown) => {
            // A fetch says little by itself: why stands in its cause.
            const { cause, message } = error as Error;
            const why = cause instanceof Error ? cause.message : message;
            throw new Error(`${base} gives no answer to ${method} ${path}: ${why}`);
        });
        const text = await answer.text();
        if (!answer.ok) {
            throw new Error(
                `${base} does not ${method} ${path}: ${answer.status} ${text.slice(0, 200)}`,
            );
        }
        return (text === "" ? undefined : JSON.parse(text)) as T;
    };
}

/** Grafana's own two kinds of login. @param auth USER:PASSWORD, or a service account's token */
export function login(auth: string): { authorization: string } {
    return {
        authorization: auth.includes(":")
            ? `Basic ${Buffer.from(auth).toString("base64")}`
            : `Bearer ${auth}`,
    };
}
