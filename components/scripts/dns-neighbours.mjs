// Asks Cloudflare whether the tunnels of other Rekindle stacks are in use, for dns.mjs at the machine that deploys: pods may not ask that.

import { client, Failure } from "./cloudflare-api.mjs";
import { neighbourOf } from "./dns-texts.mjs";

/** @import { Settings } from "./cloudflare-api.mjs" */
/** @import { Conflict } from "./dns-plan.mjs" */
/** @import { TunnelState } from "./dns-texts.mjs" */

/**
 * Finds out how the tunnels are that other stacks' records point at, each with one request.
 * @param {readonly Conflict[]} conflicts
 * @param {string} target of this stack's records
 * @param {Settings} settings
 * @returns {Promise<Map<string, TunnelState>>} by the tunnel's id
 */
export async function tunnelStates(conflicts, target, settings) {
    const neighbours = conflicts.flatMap(({ records }) => neighbourOf(records, target) ?? []);
    const ids = [...new Set(neighbours.map(({ tunnelId }) => tunnelId))];
    const states = ids.map(async (id) => /** @type {const} */ ([id, await stateOf(id, settings)]));
    return new Map(await Promise.all(states));
}

/**
 * @param {string} id
 * @param {Settings} settings
 * @returns {Promise<TunnelState>}
 */
async function stateOf(id, { account, ...settings }) {
    if (account === undefined) {
        return { is: "unknown", why: "only `pulumi up` has a token that may read tunnels" };
    }
    const call = client({ ...settings, token: account.token });
    try {
        const { result } = await call("GET", `/accounts/${account.id}/cfd_tunnel/${id}`);
        const { deleted_at, status, conns_inactive_at } = /** @type {Record<string, unknown>} */ (
            result
        );
        if (deleted_at) {
            return { is: "gone" };
        }
        return status === "healthy" || status === "degraded"
            ? { is: "connected" }
            : { is: "silent", since: String(conns_inactive_at ?? "") };
    } catch (error) {
        // 404 has another account's tunnel too, but Cloudflare serves a zone only by tunnels of its own account.
        return error instanceof Failure && error.status === 404
            ? { is: "gone" }
            : { is: "unknown", why: /** @type {Error} */ (error).message.replace(/\.$/, "") };
    }
}
