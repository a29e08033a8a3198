import { unlessMissing } from "../http";
import type { ResourceRules } from "../resource-rules";
import type { Status } from "../rules";
import { settle, type Spelling } from "../settle";
import { objects, renamed, text, type Value, type Values } from "../values";
import { idParts, provisioning } from "./ids";
import type { Call } from "./package";
import { patiently } from "./patience";

const points = `${provisioning}/contact-points`;

/** The program's names of settings, and the API's. */
const settingNames = {
    telegram: {
        ...{ token: "bottoken", chatId: "chatid", message: "message", parseMode: "parse_mode" },
        ...{ messageThreadId: "message_thread_id", protectContent: "protect_content" },
        disableNotifications: "disable_notifications",
        disableWebPagePreview: "disable_web_page_preview",
    },
    webhook: {
        ...{ url: "url", httpMethod: "httpMethod" },
        authorizationScheme: "authorization_scheme",
        authorizationCredentials: "authorization_credentials",
    },
} as const;

/** Grafana gives no secret out again: what it hides counts as unchanged. */
const isHidden = (_old: Value, live: Value) => live === "[REDACTED]";
const spelling: Spelling = {
    defaults: { disableResolveMessage: false },
    same: { token: isHidden, authorizationCredentials: isHidden },
};

/** Handles contact points: the notifiers of one name. */
export function contactPointRules(call: Call): ResourceRules {
    const write = async (method: string, path: string, notifier: Values, status: Status) =>
        patiently(async () => call(method, path, notifier, status), status, [500, 409]);
    const all = async (name: string, status: Status) =>
        objects(await call("GET", `${points}?name=${encodeURIComponent(name)}`, undefined, status));
    const uids = async (inputs: Values, status: Status) =>
        (await all(text(inputs["name"]), status)).map(({ uid }) => text(uid));
    return {
        ...{ keys: ["name", "telegrams", "webhooks"], required: [], replaces: ["name"] },
        autoName: true,
        async create(inputs, status) {
            for (const notifier of toApi(inputs)) {
                await write("POST", points, notifier, status);
            }
            return { id: `1:${text(inputs["name"])}`, outputs: inputs };
        },
        async update(_old, inputs, status) {
            const existing = await uids(inputs, status);
            const notifiers = toApi(inputs);
            for (const [index, notifier] of notifiers.entries()) {
                const uid = existing[index];
                await (uid === undefined
                    ? write("POST", points, notifier, status)
                    : write("PUT", `${points}/${uid}`, notifier, status));
            }
            for (const uid of existing.slice(notifiers.length)) {
                await call("DELETE", `${points}/${uid}`, undefined, status);
            }
            return inputs;
        },
        async delete({ inputs }, status) {
            for (const uid of await uids(inputs, status)) {
                await unlessMissing(call("DELETE", `${points}/${uid}`, undefined, status));
            }
        },
        async read(id, old, status) {
            const [name] = idParts(id);
            const found = await all(name, status);
            if (found.length === 0) {
                return undefined;
            }
            const inputs = settle(old?.inputs, { name, ...fromApi(found) }, spelling);
            return { id: `1:${name}`, inputs, outputs: inputs };
        },
    };
}

function toApi(inputs: Values): Values[] {
    const name = inputs["name"] ?? null;
    return (["telegram", "webhook"] as const).flatMap((type) =>
        objects(inputs[`${type}s`]).map(({ disableResolveMessage = false, ...settings }) => ({
            ...{ name, type, disableResolveMessage },
            settings: renamed(settings, settingNames[type]),
        })),
    );
}

/** Reads notifiers as the lists of a contact point's inputs; those of a type without names keep the API's. */
function fromApi(notifiers: readonly Values[]): Values {
    const byType = Map.groupBy(notifiers, ({ type }) => text(type));
    return Object.fromEntries(
        [...byType].map(([type, some]) => [
            `${type}s`,
            some.map(({ settings, disableResolveMessage }) => ({
                disableResolveMessage,
                ...inputNames(type, settings),
            })),
        ]),
    );
}

function inputNames(type: string, settings: Value | undefined): Values {
    const [given = {}] = objects([settings ?? null]);
    const names = type === "telegram" || type === "webhook" ? settingNames[type] : {};
    const inverse = new Map(Object.entries(names).map(([input, api]) => [api as string, input]));
    return Object.fromEntries(
        Object.entries(given).map(([key, value]) => [inverse.get(key) ?? key, value]),
    );
}
