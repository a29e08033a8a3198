import { setTimeout as delay } from "node:timers/promises";
import { isObject, type Value, type Values } from "../values";
import { CallError } from "./cloudflare-client";
import { GrafanaClient } from "./grafana-client";
import { groupToApi, notifiersToApi, policyToApi } from "./grafana-shapes";
import type { Package } from "./provider";
import { assertKnown, list, providerOf, text, type ResourceRules, type Status } from "./rules";

const folderType = "grafana:oss/folder:Folder";
const templateType = "grafana:alerting/messageTemplate:MessageTemplate";
const contactPointType = "grafana:alerting/contactPoint:ContactPoint";
const policyType = "grafana:alerting/notificationPolicy:NotificationPolicy";
const ruleGroupType = "grafana:alerting/ruleGroup:RuleGroup";
const configKeys = [
    ...["url", "auth", "retries", "retryWait", "retryStatusCodes", "version", "pluginDownloadURL"],
];
const provisioning = "/v1/provisioning";
/** Milliseconds that the provider tries alerting writes again, beside what its client does. */
const patience = 120_000;

/** @pulumiverse/grafana 2.40, for what alerting needs. Neither check nor diff nor preview makes a call. */
export const grafanaPackage: Package = {
    name: "grafana",
    types: [folderType, templateType, contactPointType, policyType, ruleGroupType],
    checkConfig(inputs) {
        assertKnown(inputs, configKeys);
        return inputs;
    },
    replaces: () => [],
    configure: (config) => {
        const call: Call = async (...args) => new GrafanaClient(config).call(...args);
        return providerOf({
            [folderType]: folderRules(call),
            [templateType]: templateRules(call),
            [contactPointType]: contactPointRules(call),
            [policyType]: policyRules(call),
            [ruleGroupType]: ruleGroupRules(call),
        });
    },
};

type Call = GrafanaClient["call"];

function folderRules(call: Call): ResourceRules {
    const path = (id: string) => `/folders/${id.replace(/^\d+:/, "")}`;
    return {
        keys: ["title", "uid"],
        required: ["title"],
        replaces: ["uid"],
        async create(inputs, status) {
            const made = await call("POST", "/folders", inputs, status);
            const uid = isObject(made) ? text(made["uid"]) : "";
            return { id: `1:${uid}`, outputs: { ...inputs, uid } };
        },
        async update(id, inputs, oldOutputs, status) {
            await call(
                "PUT",
                path(id),
                { title: inputs["title"] ?? null, overwrite: true },
                status,
            );
            return { ...oldOutputs, ...inputs };
        },
        delete: async (id, _inputs, _outputs, status) =>
            unlessGone(call("DELETE", `${path(id)}?forceDeleteRules=true`, undefined, status)),
    };
}

function templateRules(call: Call): ResourceRules {
    const put = async (inputs: Values, status: Status) => {
        const path = `${provisioning}/templates/${text(inputs["name"])}`;
        const body = { template: text(inputs["template"]).trim() };
        await again([500], async () => call("PUT", path, body, status), status);
        return { ...inputs, ...body };
    };
    return {
        ...{ keys: ["name", "template"], required: ["template"], replaces: ["name"] },
        autoName: true,
        create: async (inputs, status) => ({
            id: `1:${text(inputs["name"])}`,
            outputs: await put(inputs, status),
        }),
        update: async (_id, inputs, _outputs, status) => put(inputs, status),
        delete: async (_id, inputs, _outputs, status) => {
            const path = `${provisioning}/templates/${text(inputs["name"])}`;
            await unlessGone(call("DELETE", path, undefined, status));
        },
    };
}

function contactPointRules(call: Call): ResourceRules {
    const points = `${provisioning}/contact-points`;
    const all = async (name: string, status: Status) => {
        const found = await call(
            "GET",
            `${points}?name=${encodeURIComponent(name)}`,
            undefined,
            status,
        );
        return list(found)
            .filter(isObject)
            .map((point) => text(point["uid"]));
    };
    return {
        ...{ keys: ["name", "telegrams", "webhooks"], required: [], replaces: ["name"] },
        autoName: true,
        async create(inputs, status) {
            for (const notifier of notifiersToApi(inputs)) {
                await again([500, 409], async () => call("POST", points, notifier, status), status);
            }
            return { id: `1:${text(inputs["name"])}`, outputs: inputs };
        },
        async update(_id, inputs, _outputs, status) {
            const uids = await all(text(inputs["name"]), status);
            const notifiers = notifiersToApi(inputs);
            for (const [index, notifier] of notifiers.entries()) {
                const uid = uids[index];
                const [method, path] =
                    uid === undefined ? ["POST", points] : ["PUT", `${points}/${uid}`];
                await again([500, 409], async () => call(method, path, notifier, status), status);
            }
            for (const uid of uids.slice(notifiers.length)) {
                await call("DELETE", `${points}/${uid}`, undefined, status);
            }
            return inputs;
        },
        async delete(_id, inputs, _outputs, status) {
            for (const uid of await all(text(inputs["name"]), status)) {
                await unlessGone(call("DELETE", `${points}/${uid}`, undefined, status));
            }
        },
    };
}

function policyRules(call: Call): ResourceRules {
    const path = `${provisioning}/policies`;
    const put = async (inputs: Values, status: Status) => {
        const body = policyToApi(inputs);
        await again([500, 404, 409], async () => call("PUT", path, body, status), status);
        return inputs;
    };
    return {
        keys: [
            ...["contactPoint", "groupBies", "groupWait", "groupInterval", "repeatInterval"],
            "policies",
        ],
        required: ["contactPoint", "groupBies"],
        replaces: [],
        create: async (inputs, status) => ({ id: "1:policy", outputs: await put(inputs, status) }),
        update: async (_id, inputs, _outputs, status) => put(inputs, status),
        // Grafana's default, which tells nobody.
        delete: async (_id, _inputs, _outputs, status) => {
            await call("DELETE", path, undefined, status);
        },
    };
}

function ruleGroupRules(call: Call): ResourceRules {
    const pathOf = (inputs: Values) =>
        `${provisioning}/folder/${text(inputs["folderUid"])}/rule-groups/${encodeURIComponent(text(inputs["name"]))}`;
    const put = async (inputs: Values, status: Status) => {
        const body = groupToApi(inputs);
        // On any answer, a refusal too: what is wrong is told after two minutes.
        await again(undefined, async () => call("PUT", pathOf(inputs), body, status), status);
        return inputs;
    };
    return {
        keys: ["name", "folderUid", "intervalSeconds", "rules"],
        required: ["folderUid", "intervalSeconds", "rules"],
        replaces: ["name", "folderUid"],
        autoName: true,
        async create(inputs, status) {
            const rules = await call("GET", `${provisioning}/alert-rules`, undefined, status);
            const taken = list(rules).some(
                (rule) =>
                    isObject(rule) &&
                    rule["ruleGroup"] === inputs["name"] &&
                    rule["folderUID"] === inputs["folderUid"],
            );
            if (taken) {
                throw new Error(`rule group with name "${text(inputs["name"])}" already exists`);
            }
            const outputs = await put(inputs, status);
            return { id: `1:${text(inputs["folderUid"])}:${text(inputs["name"])}`, outputs };
        },
        update: async (_id, inputs, _outputs, status) => put(inputs, status),
        async delete(_id, inputs, _outputs, status) {
            for (const rule of list(inputs["rules"]).filter(isObject)) {
                const path = `${provisioning}/alert-rules/${text(rule["uid"])}`;
                await unlessGone(call("DELETE", path, undefined, status));
            }
        },
    };
}

/** Tries again while the answer is one of these, or whatever it is, until the provider's patience ends. */
async function again(
    statuses: readonly number[] | undefined,
    attempt: () => Promise<Value>,
    status: Status,
): Promise<void> {
    const end = Date.now() + patience;
    for (let wait = 500; ; wait = Math.min(wait * 2, 10_000)) {
        try {
            await attempt();
            return;
        } catch (error) {
            const code = error instanceof CallError ? error.status : undefined;
            const worth = code !== undefined && (statuses?.includes(code) ?? true);
            if (!worth || Date.now() + wait > end) {
                throw error;
            }
            status(`${(error as Error).message}; trying again in ${wait / 1000} s`);
            await delay(wait);
        }
    }
}

async function unlessGone(call: Promise<unknown>): Promise<void> {
    await call.catch((error: unknown) => {
        if (!(error instanceof CallError && error.status === 404)) {
            throw error;
        }
    });
}
