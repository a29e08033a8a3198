import { unlessMissing } from "../http";
import type { ResourceRules } from "../resource-rules";
import type { Old, Status } from "../rules";
import { settle } from "../settle";
import { objects, renamed, text, type Value, type Values } from "../values";
import { partsOf } from "./account";
import type { Client } from "./package";
import { scriptPath } from "./worker-script";

/** Handles the times at which a Worker runs by itself. */
export function cronRules(client: Client): ResourceRules {
    const path = (inputs: Values) => `${scriptPath(inputs)}/schedules`;
    const crons = (schedules: Value | undefined) =>
        objects(schedules).map(({ cron = null }) => ({ cron }));
    const put = async (inputs: Values, status: Status) => {
        await client().call("PUT", path(inputs), crons(inputs["schedules"]), status);
        return inputs;
    };
    return {
        keys: ["accountId", "scriptName", "schedules"],
        required: ["accountId", "scriptName", "schedules"],
        replaces: ["accountId", "scriptName"],
        create: async (inputs, status) => named(await put(inputs, status)),
        update: async (_old, inputs, status) => put(inputs, status),
        // The provider leaves it to the deletion of the script, which takes its crons along.
        delete: () => Promise.resolve(),
        async read(id, old, status) {
            const script = scriptOf(id, old);
            const found = await client().find(path(script), status);
            return found && named({ ...script, schedules: crons(found["schedules"]) });
        },
    };
}

/** Handles a Worker's address under workers.dev. */
export function subdomainRules(client: Client): ResourceRules {
    const path = (inputs: Values) => `${scriptPath(inputs)}/subdomain`;
    const apiNames = { enabled: "enabled", previewsEnabled: "previews_enabled" };
    const post = async (inputs: Values, status: Status) => {
        await client().call("POST", path(inputs), renamed(inputs, apiNames), status);
        return inputs;
    };
    return {
        keys: ["accountId", "scriptName", "enabled", "previewsEnabled"],
        required: ["accountId", "scriptName", "enabled"],
        replaces: ["accountId", "scriptName"],
        create: async (inputs, status) => named(await post(inputs, status)),
        update: async (_old, inputs, status) => post(inputs, status),
        async delete({ inputs }, status) {
            await unlessMissing(client().call("DELETE", path(inputs), undefined, status));
        },
        async read(id, old, status) {
            const script = scriptOf(id, old);
            const found = await client().find(path(script), status);
            const names = { enabled: "enabled", previews_enabled: "previewsEnabled" };
            const defaults = { previewsEnabled: false };
            return (
                found &&
                named(settle(old?.inputs, { ...script, ...renamed(found, names) }, { defaults }))
            );
        },
    };
}

/** Describes a resource that is named after its script. */
function named(inputs: Values) {
    return { id: text(inputs["scriptName"]), inputs, outputs: inputs };
}

function scriptOf(id: string, old: Old | undefined) {
    const [accountId, scriptName] = partsOf(id, old, "SCRIPT");
    return { accountId, scriptName };
}
