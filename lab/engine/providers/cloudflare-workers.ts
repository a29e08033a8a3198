import { isObject, type Value, type Values } from "../values";
import { CallError, type CloudflareClient } from "./cloudflare-client";
import { list, text, type ResourceRules, type Status } from "./rules";

const namespaceType = "cloudflare:index/workersKvNamespace:WorkersKvNamespace";
const scriptType = "cloudflare:index/workersScript:WorkersScript";
const cronType = "cloudflare:index/workersCronTrigger:WorkersCronTrigger";
const subdomainType = "cloudflare:index/workersScriptSubdomain:WorkersScriptSubdomain";
export const workerTypes = [namespaceType, scriptType, cronType, subdomainType];

/** pulumi-cloudflare 6.22, for Workers and what belongs to them. */
export function workerRules(client: () => CloudflareClient): Record<string, ResourceRules> {
    const account = (inputs: Values) => `accounts/${text(inputs["accountId"])}`;
    const script = (inputs: Values) =>
        `${account(inputs)}/workers/scripts/${text(inputs["scriptName"])}`;
    const gone = async (call: Promise<unknown>) => {
        await call.catch((error: unknown) => {
            if (!(error instanceof CallError && error.status === 404)) {
                throw error;
            }
        });
    };
    const upload = async (inputs: Values, status: Status) => {
        await client().send("PUT", script(inputs), () => form(inputs), status);
        return inputs;
    };
    const putCrons = async (inputs: Values, status: Status) => {
        const crons = list(inputs["schedules"]).map((each) => ({
            cron: isObject(each) ? (each["cron"] ?? null) : null,
        }));
        await client().call("PUT", `${script(inputs)}/schedules`, crons, status);
        return inputs;
    };
    const postSubdomain = async (inputs: Values, status: Status) => {
        const body = { enabled: inputs["enabled"] ?? null };
        const previews = inputs["previewsEnabled"];
        await client().call(
            "POST",
            `${script(inputs)}/subdomain`,
            { ...body, ...(previews === undefined ? {} : { previews_enabled: previews }) },
            status,
        );
        return inputs;
    };
    const named = (outputs: Values) => ({ id: text(outputs["scriptName"]), outputs });
    return {
        [namespaceType]: {
            keys: ["accountId", "title"],
            required: ["accountId", "title"],
            replaces: ["accountId"],
            async create(inputs, status) {
                const path = `${account(inputs)}/storage/kv/namespaces`;
                const made = await client().call("POST", path, titleOf(inputs), status);
                const outputs = { ...inputs, supportsUrlEncoding: true };
                return { id: text(made["id"]), outputs };
            },
            async update(id, inputs, oldOutputs, status) {
                const path = `${account(inputs)}/storage/kv/namespaces/${id}`;
                await client().call("PUT", path, titleOf(inputs), status);
                return { ...oldOutputs, ...inputs };
            },
            async delete(id, inputs, _outputs, status) {
                const path = `${account(inputs)}/storage/kv/namespaces/${id}`;
                await gone(client().call("DELETE", path, undefined, status));
            },
        },
        [scriptType]: {
            keys: [
                ...["accountId", "scriptName", "mainModule", "content", "compatibilityDate"],
                "bindings",
            ],
            required: ["accountId", "scriptName"],
            replaces: ["accountId", "scriptName"],
            create: async (inputs, status) => named(await upload(inputs, status)),
            update: async (_id, inputs, _outputs, status) => upload(inputs, status),
            async delete(_id, inputs, _outputs, status) {
                await gone(client().send("DELETE", script(inputs), undefined, status));
            },
        },
        [cronType]: {
            keys: ["accountId", "scriptName", "schedules"],
            required: ["accountId", "scriptName", "schedules"],
            replaces: ["accountId", "scriptName"],
            create: async (inputs, status) => named(await putCrons(inputs, status)),
            update: async (_id, inputs, _outputs, status) => putCrons(inputs, status),
            // The provider leaves it to the script, which takes its crons along.
            delete: () => Promise.resolve(),
        },
        [subdomainType]: {
            keys: ["accountId", "scriptName", "enabled", "previewsEnabled"],
            required: ["accountId", "scriptName", "enabled"],
            replaces: ["accountId", "scriptName"],
            create: async (inputs, status) => named(await postSubdomain(inputs, status)),
            update: async (_id, inputs, _outputs, status) => postSubdomain(inputs, status),
            async delete(_id, inputs, _outputs, status) {
                const path = `${script(inputs)}/subdomain`;
                await gone(client().call("DELETE", path, undefined, status));
            },
        },
    };
}

const titleOf = (inputs: Values) => ({ title: inputs["title"] ?? null });

/** The script as a part under its own name, and all else as the part `metadata`; each as the real provider sends it. */
function form(inputs: Values): FormData {
    const mainModule = text(inputs["mainModule"]);
    const metadata = {
        main_module: mainModule,
        compatibility_date: inputs["compatibilityDate"],
        bindings: list(inputs["bindings"]).map(bindingOf),
    };
    const data = new FormData();
    const json = { type: "application/json" };
    data.set("metadata", new Blob([JSON.stringify(metadata)], json), "");
    const type = "application/javascript+module";
    data.set(mainModule, new Blob([text(inputs["content"])], { type }), mainModule);
    return data;
}

function bindingOf(binding: Value): Values {
    const { namespaceId, ...rest } = isObject(binding) ? binding : {};
    return { ...rest, ...(namespaceId === undefined ? {} : { namespace_id: namespaceId }) };
}
