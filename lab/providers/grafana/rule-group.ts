import { unlessMissing } from "../http";
import type { ResourceRules } from "../resource-rules";
import type { Status } from "../rules";
import { settle } from "../settle";
import { isObject, objects, text, type Values } from "../values";
import { idParts, provisioning } from "./ids";
import type { Call } from "./package";
import { patiently } from "./patience";
import { groupFromApi, groupSpelling, groupToApi } from "./rule-shapes";

const alertRules = `${provisioning}/alert-rules`;

/** Handles groups of alert rules. */
export function ruleGroupRules(call: Call): ResourceRules {
    const path = (folder: string, name: string) =>
        `${provisioning}/folder/${folder}/rule-groups/${encodeURIComponent(name)}`;
    const put = async (inputs: Values, status: Status) => {
        const body = groupToApi(inputs);
        const at = path(text(inputs["folderUid"]), text(inputs["name"]));
        // After any answer, a refusal too: the provider reports what is wrong after two minutes.
        await patiently(async () => call("PUT", at, body, status), status);
        return inputs;
    };
    return {
        keys: ["name", "folderUid", "intervalSeconds", "rules"],
        required: ["folderUid", "intervalSeconds", "rules"],
        replaces: ["name", "folderUid"],
        autoName: true,
        async create(inputs, status) {
            const { name, folderUid } = inputs;
            const rules = await call("GET", alertRules, undefined, status);
            const taken = objects(rules).some(
                (rule) => rule["ruleGroup"] === name && rule["folderUID"] === folderUid,
            );
            if (taken) {
                throw new Error(`rule group with name "${text(name)}" already exists`);
            }
            const outputs = await put(inputs, status);
            return { id: `1:${text(folderUid)}:${text(name)}`, outputs };
        },
        update: async (_old, inputs, status) => put(inputs, status),
        async delete({ inputs }, status) {
            for (const { uid } of objects(inputs["rules"])) {
                await unlessMissing(
                    call("DELETE", `${alertRules}/${text(uid)}`, undefined, status),
                );
            }
        },
        async read(id, old, status) {
            const [folder, name] = idParts(id);
            const found = await unlessMissing(call("GET", path(folder, name), undefined, status));
            if (!isObject(found)) {
                return undefined;
            }
            const inputs = settle(old?.inputs, groupFromApi(found), groupSpelling);
            return { id: `1:${folder}:${name}`, inputs, outputs: inputs };
        },
    };
}
