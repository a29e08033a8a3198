import assert from "node:assert/strict";
import { alerts } from "../components/alerts";
import { TelegramAlerting, type TelegramAlertingArgs } from "../components/telegram-alerting";
import { telegramReceipt } from "../components/telegram-receipt";
import { telegramTemplate } from "../components/telegram-message";
import { registrations, the, type Registration } from "./registrations";
import { alertHome } from "./alert-home";

const args: TelegramAlertingArgs = {
    alerts: alerts(alertHome),
    runbooks: "https://runbooks.example",
    url: "http://192.168.1.11:30300",
    grafanaAuth: "admin:pass-secret",
    datasourceUid: "prometheus",
    telegramToken: "bot-secret",
    chatId: "-1001",
    heartbeat: { url: "https://beat.example/heartbeat", secret: "beat-secret" },
};
const made = async (changes: Partial<TelegramAlertingArgs> = {}) =>
    registrations((options) => {
        new TelegramAlerting("alerting", { ...args, ...changes }, options);
    });
const command = "command:local:Command";
const contactPoint = "grafana:alerting/contactPoint:ContactPoint";
const ruleGroup = "grafana:alerting/ruleGroup:RuleGroup";
const policy = "grafana:alerting/notificationPolicy:NotificationPolicy";

describe("TelegramAlerting", () => {
    let all: Registration[];
    before(async () => {
        all = await made();
    });

    it("is a folder, a template, three contact points and a group of rules for each kind", () => {
        const own = all.filter(({ type }) => type.startsWith("grafana:"));
        assert.deepEqual(
            own.map(({ type, name }) => `${type.split(":")[2] ?? ""} ${name}`).sort(),
            [
                ...["ContactPoint alerting-heartbeat", "ContactPoint alerting-loud"],
                ...["ContactPoint alerting-silent", "Folder alerting", "MessageTemplate alerting"],
                ...["RuleGroup alerting-control-plane", "RuleGroup alerting-monitoring"],
                ...["RuleGroup alerting-nodes", "RuleGroup alerting-storage"],
                ...["RuleGroup alerting-tunnel", "RuleGroup alerting-workloads"],
            ],
        );
        assert.ok(own.every(({ below }) => below));
    });

    it("asks Grafana first, and touches nothing there before it has answered", () => {
        const ready = the(all, command, "alerting-ready");
        assert.match(String(ready.inputs["create"]), /grafana-ready\.mjs$/);
        const asked = JSON.parse(String(ready.inputs["stdin"])) as Record<string, string>;
        assert.deepEqual([asked["url"], asked["datasourceUid"]], [args.url, "prometheus"]);
        assert.equal(asked["auth"], "admin:pass-secret");
        assert.doesNotMatch(String(ready.inputs["stdin"]), /bot-secret|beat-secret/);
        assert.deepEqual(ready.secrets, ["stdin"]);
        for (const { type, name, dependsOn } of all) {
            if (/RuleGroup|Folder|MessageTemplate/.test(type)) {
                assert.ok(dependsOn.includes(`${command}::alerting-ready`), name);
            }
        }
        const loud = the(all, contactPoint, "alerting-loud");
        assert.deepEqual(loud.dependsOn, [
            "grafana:alerting/messageTemplate:MessageTemplate::alerting",
        ]);
    });

    it("asks again when a rule, a threshold, the chat, the pace or a secret changes, and only then", async () => {
        const digest = (of: readonly Registration[]) =>
            the(of, command, "alerting-ready").inputs["stdin"];
        assert.equal(digest(await made()), digest(all));
        const thresholds = { K3sDataLow: 9 };
        for (const change of [
            { alerts: alerts({ ...alertHome, thresholds }) },
            { chatId: "-1002" },
            { pace: "rehearsal" },
            { telegramToken: "other-secret" },
            { heartbeat: { url: "https://other.example/", secret: "beat-secret" } },
            { heartbeat: { url: "https://beat.example/heartbeat", secret: "other-secret" } },
        ] as const) {
            assert.notEqual(digest(await made(change)), digest(all));
        }
    });

    it("sends loudly what is critical and silently what is not, as HTML by our own template", () => {
        for (const [name, silent] of [
            ["alerting-loud", false],
            ["alerting-silent", true],
        ] as const) {
            const { inputs, secrets } = the(all, contactPoint, name);
            assert.deepEqual(inputs["telegrams"], [
                {
                    token: "bot-secret",
                    chatId: "-1001",
                    parseMode: "HTML",
                    message: '{{ template "rekindle.telegram" . }}',
                    disableNotifications: silent,
                    disableWebPagePreview: true,
                },
            ]);
            assert.deepEqual(secrets, ["telegrams"]);
            assert.equal(inputs["name"], undefined);
        }
        const template = the(all, "grafana:alerting/messageTemplate:MessageTemplate", "alerting");
        assert.equal(template.inputs["template"], telegramTemplate);
    });

    it("sends into a topic when there is one", async () => {
        const { inputs } = the(await made({ threadId: 4 }), contactPoint, "alerting-loud");
        const [first] = inputs["telegrams"] as { messageThreadId?: string }[];
        assert.equal(first?.messageThreadId, "4");
    });

    it("sends heartbeats with their secret in a header, and never that one is over", () => {
        const { inputs, secrets } = the(all, contactPoint, "alerting-heartbeat");
        assert.deepEqual(inputs["webhooks"], [
            {
                url: "https://beat.example/heartbeat",
                authorizationScheme: "Bearer",
                authorizationCredentials: "beat-secret",
                disableResolveMessage: true,
            },
        ]);
        assert.deepEqual(secrets, ["webhooks"]);
    });

    it("has no always-firing alert where nobody waits for it", async () => {
        const without = await made({ heartbeat: undefined });
        assert.ok(!JSON.stringify(without.map(({ inputs }) => inputs)).includes("Watchdog"));
        assert.ok(!without.some(({ name }) => name === "alerting-heartbeat"));
    });

    it("routes each rule by itself, and leaves the policy tree alone unless it owns it", async () => {
        assert.ok(!all.some(({ type }) => type === policy));
        for (const { inputs } of all.filter(({ type }) => type === ruleGroup)) {
            for (const rule of inputs["rules"] as { notificationSettings?: object }[]) {
                assert.ok(rule.notificationSettings);
            }
        }
        const { inputs } = the(await made({ ownsPolicies: true }), policy, "alerting");
        const tree = inputs["policies"] as { matchers: object[] }[];
        assert.deepEqual(
            tree.map(({ matchers }) => matchers),
            ["critical", "warning", "heartbeat"].map((value) => [
                { label: "severity", match: "=", value },
            ]),
        );
    });

    it("keeps every secret secret, in the component's own inputs too", () => {
        for (const { inputs, secrets, name } of all) {
            for (const [key, value] of Object.entries(inputs)) {
                assert.ok(
                    secrets.includes(key) || !/-secret/.test(JSON.stringify(value)),
                    `${name}.${key}`,
                );
            }
        }
    });

    it("refuses what Grafana would refuse", async () => {
        const [first] = args.alerts;
        assert.ok(first);
        await assert.rejects(
            made({ alerts: [{ ...first, expr: "sum(" }] }),
            /Alert K3sDataLow: a bracket or quote of its expression is not closed/,
        );
    });
});

describe("telegramReceipt", () => {
    it("sends one message through the script, with the token on its standard input only", async () => {
        const all = await registrations(() => {
            telegramReceipt("telegram", { telegramToken: "bot-secret", chatId: "-1001" }, {});
        });
        const { inputs, secrets } = the(all, command, "telegram");
        assert.equal(inputs["create"], "node components/scripts/telegram-receipt.mjs");
        assert.deepEqual(JSON.parse(String(inputs["stdin"])), {
            token: "bot-secret",
            chatId: "-1001",
            text: "✅ Rekindle can reach this chat: alerts of the stack test come here.",
        });
        assert.deepEqual(secrets, ["stdin"]);
    });
});
