import { unlessMissing } from "../http";
import type { ResourceRules } from "../resource-rules";
import type { Status } from "../rules";
import { isObject, list, objects, renamed, text, type Value, type Values } from "../values";
import { accountPath, partsOf } from "./account";
import type { Client } from "./package";

/** Returns the path of the script that the inputs name. */
export function scriptPath(inputs: Values): string {
    return `${accountPath(inputs)}/workers/scripts/${text(inputs["scriptName"])}`;
}

/** Handles Workers. */
export function scriptRules(client: Client): ResourceRules {
    const upload = async (inputs: Values, status: Status) => {
        await client().call("PUT", scriptPath(inputs), () => form(inputs), status);
        return inputs;
    };
    return {
        keys: [
            ...["accountId", "scriptName", "mainModule", "content", "compatibilityDate"],
            "bindings",
        ],
        required: ["accountId", "scriptName"],
        replaces: ["accountId", "scriptName"],
        create: async (inputs, status) => ({
            id: text(inputs["scriptName"]),
            outputs: await upload(inputs, status),
        }),
        update: async (_old, inputs, status) => upload(inputs, status),
        async delete({ inputs }, status) {
            await unlessMissing(client().call("DELETE", scriptPath(inputs), undefined, status));
        },
        async read(id, old, status) {
            const [accountId, scriptName] = partsOf(id, old, "SCRIPT");
            const path = scriptPath({ accountId, scriptName });
            const settings = await client().find(`${path}/settings`, status);
            if (settings === undefined) {
                return undefined;
            }
            const [[mainModule, content] = ["", ""]] = await client().form(
                `${path}/content/v2`,
                status,
            );
            const bindings = bindingsFrom(settings["bindings"], old?.inputs["bindings"]);
            const inputs = {
                ...{ accountId, scriptName, mainModule },
                content: typeof content === "string" ? content : await content.text(),
                ...renamed(settings, { compatibility_date: "compatibilityDate" }),
                ...(bindings.length === 0 ? {} : { bindings }),
            };
            return { id: scriptName, inputs, outputs: inputs };
        },
    };
}

/** Returns the script as a part under its own name, and all else as the part `metadata`, as the real provider sends both. */
function form(inputs: Values): FormData {
    const mainModule = text(inputs["mainModule"]);
    const metadata = {
        main_module: mainModule,
        compatibility_date: inputs["compatibilityDate"],
        bindings: list(inputs["bindings"]).map(bindingToApi),
    };
    const data = new FormData();
    const json = { type: "application/json" };
    data.set("metadata", new Blob([JSON.stringify(metadata)], json), "");
    const type = "application/javascript+module";
    data.set(mainModule, new Blob([text(inputs["content"])], { type }), mainModule);
    return data;
}

function bindingToApi(binding: Value): Values {
    const { namespaceId, ...rest } = isObject(binding) ? binding : {};
    return { ...rest, ...(namespaceId === undefined ? {} : { namespace_id: namespaceId }) };
}

/** Reads bindings in the program's order, new ones last; secret texts, which never come back, stay as they were. */
function bindingsFrom(live: Value | undefined, old: Value | undefined): Values[] {
    const before = objects(old);
    const place = ({ name }: Values) => {
        const index = before.findIndex((one) => one["name"] === name);
        return index === -1 ? before.length : index;
    };
    return objects(live)
        .map(({ namespace_id: namespaceId, ...rest }) => {
            const secret = before[place(rest)]?.["text"];
            return {
                ...rest,
                ...(namespaceId === undefined ? {} : { namespaceId }),
                ...(rest["type"] === "secret_text" && secret !== undefined ? { text: secret } : {}),
            };
        })
        .sort((a, b) => place(a) - place(b));
}
