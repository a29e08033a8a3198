import { unlessMissing } from "../http";
import type { ResourceRules } from "../resource-rules";
import { text, type Values } from "../values";
import { accountPath, partsOf } from "./account";
import type { Client } from "./package";

/** Handles the KV namespaces that Workers store in. */
export function namespaceRules(client: Client): ResourceRules {
    const all = (inputs: Values) => `${accountPath(inputs)}/storage/kv/namespaces`;
    const titleOf = (inputs: Values) => ({ title: inputs["title"] ?? null });
    const outputsOf = (inputs: Values) => ({ ...inputs, supportsUrlEncoding: true });
    return {
        keys: ["accountId", "title"],
        required: ["accountId", "title"],
        replaces: ["accountId"],
        async create(inputs, status) {
            const made = await client().call("POST", all(inputs), titleOf(inputs), status);
            return { id: text(made["id"]), outputs: outputsOf(inputs) };
        },
        async update({ id }, inputs, status) {
            await client().call("PUT", `${all(inputs)}/${id}`, titleOf(inputs), status);
            return outputsOf(inputs);
        },
        async delete({ id, inputs }, status) {
            const path = `${all(inputs)}/${id}`;
            await unlessMissing(client().call("DELETE", path, undefined, status));
        },
        async read(id, old, status) {
            const [accountId, own] = partsOf(id, old, "NAMESPACE");
            const found = await client().find(`${all({ accountId })}/${own}`, status);
            if (found === undefined) {
                return undefined;
            }
            const inputs = { accountId, ...titleOf(found) };
            return { id: own, inputs, outputs: outputsOf(inputs) };
        },
    };
}
