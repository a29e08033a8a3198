import { accountId, cloudflareUrl } from "./facts";
import { internetClient } from "./internet-client";
import { labSecrets } from "./secrets";

/**
 * Asks the stand-in for Cloudflare's API with the deploy's token, as a person does in the dashboard.
 * @param path below the account, e.g. `/cfd_tunnel`
 * @returns the answer's `result`
 * @throws with Cloudflare's words when it does not answer with success
 */
export async function askCloudflare<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await internetClient().visit({
        ...{ url: `${cloudflareUrl}/accounts/${accountId}${path}`, method },
        headers: {
            authorization: `Bearer ${labSecrets().cloudflareToken}`,
            "content-type": "application/json",
        },
        body: body && JSON.stringify(body),
    });
    if ("error" in answer || answer.status >= 300) {
        const why = "error" in answer ? answer.error : `${answer.status} ${answer.body}`;
        throw new Error(`Cloudflare's stand-in does not ${method} ${path}: ${why}`);
    }
    return (JSON.parse(answer.body) as { result: T }).result;
}
