// Drops a tunnel's connections: Cloudflare deletes no tunnel that has some, and after a crash it can take minutes until it
// notices that they are dead. Pulumi runs this after the pods are gone and before the tunnel goes.
//
// Environment: CLOUDFLARE_BASE_URL, CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_TUNNEL_ID.
// Exit codes: as in dns.mjs.

import { client, exitCodes, Failure, need, persist, settingsFrom } from "./cloudflare-api.mjs";

/** @import { Result } from "./cloudflare-api.mjs" */

/** @type {Result} */
let result = "usage";
try {
    const settings = settingsFrom(process.env);
    const account = need(process.env, "CLOUDFLARE_ACCOUNT_ID");
    const tunnel = need(process.env, "CLOUDFLARE_TUNNEL_ID");
    const path = `/accounts/${account}/cfd_tunnel/${tunnel}/connections`;
    const work = async () => {
        try {
            await client(settings)("DELETE", path);
        } catch (error) {
            // A tunnel that is gone has no connections.
            if (!(error instanceof Failure && error.status === 404)) {
                throw error;
            }
        }
        return /** @type {const} */ ("ok");
    };
    result = await persist(work, settings, false);
} catch (error) {
    console.error(
        `disconnect.mjs: ${/** @type {Error} */ (error).message}. Its head says how to call it.`,
    );
}
process.stdout.write(`${JSON.stringify({ result })}\n`);
process.exit(exitCodes[result]);
