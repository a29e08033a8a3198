import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { request, type Agent } from "undici";
import { accountId, zone } from "../lab/facts";

export const deployToken = randomBytes(30).toString("base64url");
export const dnsToken = randomBytes(30).toString("base64url");
export const tokens = () => [
    { name: "deploy", value: deployToken, tunnels: true },
    { name: "dns", value: dnsToken, dnsZones: [zone.id] },
];
export const tunnelsPath = `/accounts/${accountId}/cfd_tunnel`;
export const recordsPath = `/zones/${zone.id}/dns_records`;

/** The answer of an API call, taken apart. */
export interface Answer {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    /** Of the first error; undefined when it succeeded. */
    readonly code: number | undefined;
    readonly result: unknown;
    readonly info: Readonly<Record<string, number>> | undefined;
}
interface Body {
    readonly success: boolean;
    readonly errors: readonly { readonly code: number }[];
    readonly result: unknown;
    readonly result_info?: Readonly<Record<string, number>>;
}

export async function callApi(
    url: string,
    [method, path, body]: readonly [string, string, unknown?],
    { token, dispatcher }: { token?: string; dispatcher?: Agent } = {},
): Promise<Answer> {
    const answer = await request(url + path, {
        method,
        headers: {
            "content-type": "application/json",
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(dispatcher ? { dispatcher } : {}),
    });
    const { errors, result, result_info: info } = (await answer.body.json()) as Body;
    const { statusCode: status, headers } = answer;
    return { status, headers, code: errors[0]?.code, result, info };
}

/** Asserts that a call was refused as Cloudflare does it, and that the provider's client is told not to try again. */
export function assertRefused(answer: Answer, status: number, code: number): void {
    assert.deepEqual([answer.status, answer.code, answer.result], [status, code, null]);
    assert.equal(answer.headers["x-should-retry"], "false");
    assert.match(String(answer.headers["content-type"]), /^application\/json/);
}
