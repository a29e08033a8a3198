import { unlessMissing } from "../http";
import type { ResourceRules } from "../resource-rules";
import type { Status } from "../rules";
import { settle } from "../settle";
import { isObject, text, type Values } from "../values";
import { idParts, provisioning } from "./ids";
import type { Call } from "./package";
import { patiently } from "./patience";

/** Handles message templates. */
export function templateRules(call: Call): ResourceRules {
    const path = (name: string) => `${provisioning}/templates/${encodeURIComponent(name)}`;
    const put = async (inputs: Values, status: Status) => {
        const body = { template: text(inputs["template"]).trim() };
        const at = path(text(inputs["name"]));
        await patiently(async () => call("PUT", at, body, status), status, [500]);
        return { ...inputs, ...body };
    };
    return {
        ...{ keys: ["name", "template"], required: ["template"], replaces: ["name"] },
        autoName: true,
        create: async (inputs, status) => ({
            id: `1:${text(inputs["name"])}`,
            outputs: await put(inputs, status),
        }),
        update: async (_old, inputs, status) => put(inputs, status),
        async delete({ inputs }, status) {
            await unlessMissing(call("DELETE", path(text(inputs["name"])), undefined, status));
        },
        async read(id, old, status) {
            const [name] = idParts(id);
            const found = await unlessMissing(call("GET", path(name), undefined, status));
            if (!isObject(found)) {
                return undefined;
            }
            const { template } = found;
            // Grafana has it without the blank lines around it.
            const same = { template: (one: unknown, other: unknown) => trimmed(one) === other };
            const inputs = settle(old?.inputs, { name, template }, { same });
            return { id: `1:${name}`, inputs, outputs: { ...inputs, template } };
        },
    };
}

function trimmed(template: unknown): string {
    return String(template).trim();
}
