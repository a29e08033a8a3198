import { differences } from "../diff";
import type { ResourceRules } from "../resource-rules";
import { isObject, renamed, text, type Values } from "../values";
import { accountPath, partsOf } from "./account";
import type { Client } from "./package";

const tunnels = (inputs: Values) => `${accountPath(inputs)}/cfd_tunnel`;

/** Handles cloudflared's tunnels. */
export function tunnelRules(client: Client): ResourceRules {
    return {
        keys: ["accountId", "configSrc", "name", "tunnelSecret"],
        required: ["accountId", "name"],
        replaces: ["accountId", "configSrc"],
        async create(inputs, status) {
            const made = await client().call("POST", tunnels(inputs), toApi(inputs), status);
            return { id: text(made["id"]), outputs: outputsOf(inputs, made) };
        },
        async update({ id, inputs: oldInputs }, inputs, status) {
            const changed = differences(oldInputs, inputs).map(({ path }) => String(path[0]));
            const body = toApi(inputs, changed);
            const path = `${tunnels(inputs)}/${id}`;
            return outputsOf(inputs, await client().call("PATCH", path, body, status));
        },
        async delete({ id, inputs }, status) {
            await client().call("DELETE", `${tunnels(inputs)}/${id}`, undefined, status);
        },
        async read(id, old, status) {
            const [accountId, tunnel] = partsOf(id, old, "TUNNEL");
            const path = `${tunnels({ accountId })}/${tunnel}`;
            const found = await client().find(path, status);
            if (found === undefined) {
                return undefined;
            }
            // Cloudflare still answers for a deleted tunnel, and the real provider keeps it with its `deletedAt`.
            const live = renamed(found, { name: "name", config_src: "configSrc" });
            const { tunnelSecret } = old?.inputs ?? {};
            const inputs = {
                ...{ accountId, ...live },
                ...(tunnelSecret === undefined ? {} : { tunnelSecret }),
            };
            return { id: text(found["id"]), inputs, outputs: outputsOf(inputs, found) };
        },
    };
}

/** Answers getZeroTrustTunnelCloudflared for one id. @throws when there is no such tunnel */
export async function findTunnel(client: Client, args: Values): Promise<Values> {
    const path = `${tunnels(args)}/${text(args["tunnelId"])}`;
    const found = await client().find(path, () => undefined);
    if (found === undefined) {
        throw new Error(`no tunnel ${text(args["tunnelId"])}.`);
    }
    return { ...outputsOf(args, found), id: text(found["id"]), name: text(found["name"]) };
}

/** The API's names for inputs that may be sent; the account is in the path. */
const apiNames = { configSrc: "config_src", name: "name", tunnelSecret: "tunnel_secret" };

/** @param only the inputs that an update sends. @default all */
function toApi(inputs: Values, only = Object.keys(apiNames)): Values {
    const sent = Object.entries(apiNames).filter(([name]) => only.includes(name));
    return renamed({ configSrc: "local", ...inputs }, Object.fromEntries(sent));
}

/** Adds what only the API knows to the inputs; the secret never comes back from there. */
function outputsOf(inputs: Values, live: Values): Values {
    const known = renamed(live, {
        account_tag: "accountTag",
        config_src: "configSrc",
        connections: "connections",
        conns_active_at: "connsActiveAt",
        conns_inactive_at: "connsInactiveAt",
        created_at: "createdAt",
        deleted_at: "deletedAt",
        remote_config: "remoteConfig",
        status: "status",
        tun_type: "tunType",
    });
    // The provider hands this object out as a JSON text.
    const { metadata } = live;
    return {
        ...(isObject(metadata) ? { metadata: JSON.stringify(metadata) } : {}),
        ...known,
        ...inputs,
    };
}
