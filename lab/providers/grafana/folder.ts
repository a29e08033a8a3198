import { unlessMissing } from "../http";
import type { ResourceRules } from "../resource-rules";
import { settle } from "../settle";
import { isObject, text } from "../values";
import { idParts } from "./ids";
import type { Call } from "./package";

/** Handles folders. */
export function folderRules(call: Call): ResourceRules {
    const path = (id: string) => `/folders/${idParts(id)[0]}`;
    return {
        ...{ keys: ["title", "uid"], required: ["title"], replaces: ["uid"] },
        async create(inputs, status) {
            const made = await call("POST", "/folders", inputs, status);
            const uid = isObject(made) ? text(made["uid"]) : "";
            return { id: `1:${uid}`, outputs: { ...inputs, uid } };
        },
        async update({ id, outputs }, inputs, status) {
            const body = { title: inputs["title"] ?? null, overwrite: true };
            await call("PUT", path(id), body, status);
            return { ...outputs, ...inputs };
        },
        async delete({ id }, status) {
            const folder = `${path(id)}?forceDeleteRules=true`;
            await unlessMissing(call("DELETE", folder, undefined, status));
        },
        async read(id, old, status) {
            const found = await unlessMissing(call("GET", path(id), undefined, status));
            if (!isObject(found)) {
                return undefined;
            }
            const { title, uid } = found;
            // A folder that Grafana has named has its uid among the outputs only.
            const named = old === undefined || old.inputs["uid"] !== undefined;
            const inputs = settle(old?.inputs, { title, ...(named ? { uid } : {}) });
            return { id: `1:${text(uid)}`, inputs, outputs: { ...inputs, uid } };
        },
    };
}
