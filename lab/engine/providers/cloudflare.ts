import { differences } from "../diff";
import { mapValues, type Value, type Values } from "../values";
import { CloudflareClient } from "./cloudflare-client";
import type { Package, Provider } from "./provider";

const tunnel = "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared";
const tunnelKeys = ["accountId", "configSrc", "name", "tunnelSecret"];
const configKeys = ["apiToken", "baseUrl", "version"];

/** pulumi-cloudflare 6.22, for the tunnel itself. Neither check nor diff nor preview makes a call. */
export const cloudflarePackage: Package = {
    name: "cloudflare",
    types: [tunnel],
    checkConfig(inputs) {
        assertKnown(inputs, configKeys);
        return inputs;
    },
    replaces: () => [],
    configure: tunnelProvider,
};

function tunnelProvider(config: Values): Provider {
    // Made when the first call is due: in a preview the token may not be known.
    const client = () => new CloudflareClient(text(config["baseUrl"]), text(config["apiToken"]));
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
            const { accountId, ...rest } = inputs;
            const path = `accounts/${text(accountId)}/cfd_tunnel`;
            const made = await client().call("POST", path, toApi(rest), status);
            return { id: text(made["id"]), outputs: outputsOf(inputs, made) };
        },
        async update({ id, inputs, oldInputs, preview, status }) {
            if (preview) {
                return inputs;
            }
            const changed = new Set(
                differences(oldInputs, inputs).map(({ path }) => String(path[0])),
            );
            const body = toApi(mapValues(inputs, (value) => value), changed);
            const path = `accounts/${text(inputs["accountId"])}/cfd_tunnel/${id}`;
            return outputsOf(inputs, await client().call("PATCH", path, body, status));
        },
        async delete({ id, oldInputs, status }) {
            const path = `accounts/${text(oldInputs["accountId"])}/cfd_tunnel/${id}`;
            await client().call("DELETE", path, undefined, status);
        },
        async read(_type, importId) {
            const [accountId = "", id = ""] = importId.split("/");
            if (id === "") {
                throw new Error(`the import id "${importId}" is not of the form ACCOUNT/TUNNEL.`);
            }
            const path = `accounts/${accountId}/cfd_tunnel/${id}`;
            const found = await client().call("GET", path, undefined, () => undefined);
            const { name, config_src: configSrc } = found;
            const inputs = { accountId, ...(name === undefined ? {} : { name }) };
            const all = configSrc === undefined ? inputs : { ...inputs, configSrc };
            return { id: text(found["id"]), inputs: all, outputs: outputsOf(all, found) };
        },
    };
}
