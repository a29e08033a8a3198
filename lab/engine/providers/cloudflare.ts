import { differences } from "../diff";
import { isObject, type Values } from "../values";
import { CloudflareClient, CallError } from "./cloudflare-client";
import { workerRules, workerTypes } from "./cloudflare-workers";
import type { Package, Provider } from "./provider";
import { assertKnown, providerOf, text } from "./rules";

const tunnel = "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared";
const tunnelKeys = ["accountId", "configSrc", "name", "tunnelSecret"];
const configKeys = ["apiToken", "baseUrl", "version"];

/** pulumi-cloudflare 6.22, for tunnels and Workers. Neither check nor diff nor preview makes a call. */
export const cloudflarePackage: Package = {
    name: "cloudflare",
    types: [tunnel, ...workerTypes],
    checkConfig(inputs) {
        assertKnown(inputs, configKeys);
        return inputs;
    },
    replaces: () => [],
    configure: cloudflareProvider,
};

function cloudflareProvider(config: Values): Provider {
    // Made when the first call is due: in a preview the token may not be known.
    const client = () => new CloudflareClient(text(config["baseUrl"]), text(config["apiToken"]));
    const tunnels = tunnelProvider(client);
    const workers = providerOf(workerRules(client));
    const of = (type: string) => (type === tunnel ? tunnels : workers);
    return {
        check: (request) => of(request.type).check(request),
        diff: (request) => of(request.type).diff(request),
        create: (request) => of(request.type).create(request),
        update: (request) => of(request.type).update(request),
        delete: (request, again) => of(request.type).delete(request, again),
        afterCutOff: async (request) => of(request.type).afterCutOff?.(request),
        read: (type, id) => tunnels.read(type, id),
    };
}

function tunnelProvider(
    client: () => CloudflareClient,
): Provider & Required<Pick<Provider, "read">> {
    return {
        check({ inputs }) {
            assertKnown(inputs, tunnelKeys);
            const missing = ["accountId", "name"].find((key) => inputs[key] === undefined);
            if (missing !== undefined) {
                throw new Error(`${missing} is missing.`);
            }
            return { inputs };
        },
        diff({ oldInputs, inputs }) {
            const changes = differences(oldInputs, inputs).map((change) => ({
                ...change,
                replace: ["accountId", "configSrc"].includes(String(change.path[0])),
            }));
            return { changes };
        },
        async create({ inputs, preview, status }) {
            if (preview) {
                return { id: "", outputs: inputs };
            }
            const path = `accounts/${text(inputs["accountId"])}/cfd_tunnel`;
            const made = await client().call("POST", path, toApi(inputs), status);
            return { id: text(made["id"]), outputs: outputsOf(inputs, made) };
        },
        async update({ id, inputs, oldInputs, preview, status }) {
            if (preview) {
                return inputs;
            }
            const changed = differences(oldInputs, inputs).map(({ path }) => String(path[0]));
            const body = toApi(inputs, changed);
            const path = `accounts/${text(inputs["accountId"])}/cfd_tunnel/${id}`;
            return outputsOf(inputs, await client().call("PATCH", path, body, status));
        },
        async delete({ id, oldInputs, status }, again = false) {
            const path = `accounts/${text(oldInputs["accountId"])}/cfd_tunnel/${id}`;
            try {
                await client().call("DELETE", path, undefined, status);
            } catch (error) {
                if (!(again && error instanceof CallError && error.status === 404)) {
                    throw error;
                }
            }
        },
        async afterCutOff({ inputs, status }) {
            const name = text(inputs["name"]);
            const query = new URLSearchParams({ name, is_deleted: "false" }).toString();
            const path = `accounts/${text(inputs["accountId"])}/cfd_tunnel?${query}`;
            const [there] = await client().list(path, status);
            return there === undefined
                ? undefined
                : `The tunnel "${name}" exists with the id ${text(there["id"])} and is not in the state: the run before may have made it and not got to note it. ` +
                      `\`pulumi config set --path rekindle:tunnel.import ${text(there["id"])}\` (in the lab: \`import: ${text(there["id"])}\` under rekindle:tunnel in Pulumi.dev.yaml) adopts it with the next up; take that line out again afterwards. If it is not yours, give tunnel.name another name.`;
        },
        async read(_type, importId) {
            const [accountId = "", id = ""] = importId.split("/");
            if (id === "") {
                throw new Error(`the import id "${importId}" is not of the form ACCOUNT/TUNNEL.`);
            }
            const path = `accounts/${accountId}/cfd_tunnel/${id}`;
            const found = await client().call("GET", path, undefined, () => undefined);
            const inputs = { accountId, ...pick(found, { name: "name", config_src: "configSrc" }) };
            return { id: text(found["id"]), inputs, outputs: outputsOf(inputs, found) };
        },
    };
}

/** The names that the API has for inputs that may be sent; the account stands in the path. */
const apiNames = { configSrc: "config_src", name: "name", tunnelSecret: "tunnel_secret" };

/** @param only the inputs that an update sends: the changed ones. @default all */
function toApi(inputs: Values, only = Object.keys(apiNames)): Values {
    const sent = Object.fromEntries(
        Object.entries(apiNames).filter(([name]) => only.includes(name)),
    );
    return pick({ configSrc: "local", ...inputs }, sent);
}

/** Inputs, and what only the API knows; the secret never comes back from there. */
function outputsOf(inputs: Values, made: Values): Values {
    const known = pick(made, {
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
    const { metadata } = made;
    return {
        ...(isObject(metadata) ? { metadata: JSON.stringify(metadata) } : {}),
        ...known,
        ...inputs,
    };
}

/** The properties that `names` lists, under their new names; what is missing or null stays out. */
function pick(values: Values, names: Readonly<Record<string, string>>): Values {
    return Object.fromEntries(
        Object.entries(names).flatMap(([from, to]) => {
            const value = values[from] ?? null;
            return value === null ? [] : [[to, value]];
        }),
    );
}
