import * as z from "zod";
import type { Problem } from "./check";
import { check, choice, fields, flag, list, text, wanted, whole } from "./fields";

const grafanaExample = "grafana: { url: http://192.168.1.11:30300, datasourceUid: prometheus }";
const telegramExample = 'telegram: { chatId: "-1001234567890" }';
const alertsExample = "alerts: { runbooks: https://example.org/runbooks }";
const chatExample = 'chatId: "-1001234567890"';

/** An address without login, without the slash that paths begin with, and of what needs no escape in a template or a message. */
const address = (what: string, example: string) =>
    check(
        (value) =>
            URL.canParse(value) &&
            /^https?:$/.test(new URL(value).protocol) &&
            new URL(value).username + new URL(value).password === "" &&
            !/[\s{}<>"`|\\^]|[/?#]$/.test(value),
        what,
        example,
    );
// YAML takes an id without quotes for a number.
const chat = z.preprocess(
    (value) => (Number.isSafeInteger(value) ? String(value) : value),
    text(/^(-?\d{1,19}|@\w{5,32})$/, "a chat's id, or @name of a channel", chatExample),
);

/** The keys of alerting; all may be left out, and then there is none. */
export const alertingKeys = {
    grafana: fields(
        {
            url: address(
                "Grafana's http or https address on the LAN, without a slash at its end",
                "url: http://192.168.1.11:30300",
            ),
            datasourceUid: text(
                /^[A-Za-z0-9_-]{1,40}$/,
                "the uid of Grafana's Prometheus data source",
                "datasourceUid: prometheus",
            ),
            ownsPolicies: flag("ownsPolicies: true").default(false),
        },
        grafanaExample,
    ).optional(),
    grafanaAuth: text(
        /^[\x21-\x7e]+$/,
        "USER:PASSWORD of an administrator, or a service account's token",
        "pulumi config set --secret grafanaAuth",
        true,
    ).optional(),
    telegram: fields(
        {
            chatId: chat,
            threadId: whole(1, 2 ** 31 - 1, "a topic's id", "threadId: 4").optional(),
        },
        telegramExample,
    ).optional(),
    telegramToken: text(
        /^\d{5,16}:[A-Za-z0-9_-]{30,60}$/,
        "a bot token as @BotFather shows it",
        "pulumi config set --secret telegramToken",
        true,
    ).optional(),
    heartbeat: fields(
        {
            workersSubdomain: text(
                /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
                "the account's subdomain of workers.dev, without .workers.dev",
                "workersSubdomain: my-name",
            ),
        },
        "heartbeat: { workersSubdomain: my-name }",
    ).optional(),
    heartbeatSecret: text(
        /^[A-Za-z0-9+/=_-]{32,}$/,
        "at least 32 letters and digits that nobody can guess",
        "openssl rand -hex 32 | pulumi config set --secret heartbeatSecret",
        true,
    ).optional(),
    alerts: fields(
        {
            runbooks: address(
                "the address under which docs/runbooks is served, without a slash at its end",
                "runbooks: https://example.org/runbooks",
            ),
            pace: choice(["home", "rehearsal"], "pace: home").default("home"),
            thresholds: z
                .record(z.string(), z.number({ error: wanted("a number", "K3sDataLow: 8") }), {
                    error: wanted(
                        "a map of alerts and their thresholds",
                        "thresholds: { K3sDataLow: 8 }",
                    ),
                })
                .default({}),
            off: list(
                z.string({ error: wanted("an alert's name", "off: [TargetDown]") }),
                "off: [TargetDown]",
            ).default([]),
        },
        alertsExample,
    ).optional(),
};

type AlertingValues = z.output<z.ZodObject<typeof alertingKeys>>;
export type AlertingKey = "grafana" | "telegram" | "heartbeat" | "alerts";
/** What there is of alerting: a chat that is told, and who tells it. */
export interface Alerting {
    readonly grafana: AlertingValues["grafana"];
    readonly heartbeat: AlertingValues["heartbeat"];
    readonly telegram: NonNullable<AlertingValues["telegram"]>;
    readonly alerts: NonNullable<AlertingValues["alerts"]>;
}

/** Undefined where nothing would tell anybody. */
export function alertingOf(values: AlertingValues): Alerting | undefined {
    const { grafana, heartbeat, telegram, alerts } = values;
    const some = grafana !== undefined || heartbeat !== undefined;
    return some && telegram && alerts ? { grafana, heartbeat, telegram, alerts } : undefined;
}

/** An example of each key that another one needs. */
const examples = {
    grafanaAuth: "pulumi config set --secret grafanaAuth",
    telegram: telegramExample,
    telegramToken: "pulumi config set --secret telegramToken",
    heartbeatSecret: "openssl rand -hex 32 | pulumi config set --secret heartbeatSecret",
    alerts: alertsExample,
};
type Needed = keyof typeof examples;

const needs: Readonly<Record<"grafana" | "heartbeat", readonly Needed[]>> = {
    grafana: ["grafanaAuth", "telegram", "telegramToken", "alerts"],
    heartbeat: ["heartbeatSecret", "telegram", "telegramToken", "alerts"],
};

/** What a part of alerting needs and is not there, each once. */
export function missingAlertingKeys(values: Readonly<Record<string, unknown>>): Problem[] {
    const wanting = new Map<Needed, string>();
    for (const part of ["grafana", "heartbeat"] as const) {
        for (const key of values[part] === undefined ? [] : needs[part]) {
            if (values[key] === undefined && !wanting.has(key)) {
                wanting.set(key, part);
            }
        }
    }
    return [...wanting].map(([key, part]) => ({
        where: `rekindle:${key}`,
        wrong: `is missing; ${part} needs it`,
        right: examples[key],
    }));
}
