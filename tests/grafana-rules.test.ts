import assert from "node:assert/strict";
import type { Alert } from "../components/alert";
import { alerts } from "../components/alerts";
import { places, route } from "../components/alert-routes";
import { paced } from "../components/alert-pace";
import { ruleGroups, ruleUid } from "../components/grafana-rules";
import { alertHome } from "./alert-home";

const options = {
    pace: "home",
    datasourceUid: "prometheus",
    runbooks: "https://runbooks.example",
    contactPoints: { loud: "telegram", silent: "telegram-silent", heartbeat: "watchdog" },
} as const;
const low: Alert = {
    name: "K3sDataLow",
    group: "storage",
    severity: "critical",
    expr: "a / b or c",
    comparison: "<",
    threshold: 8,
    for: 300,
    summary: "{nodename}: {value} % left",
    noData: "NoData",
};
const list = alerts(alertHome);

describe("ruleGroups", () => {
    it("makes a rule of an alert, to the last field", () => {
        const [group] = ruleGroups([low], options);
        const model = (value: unknown) => JSON.stringify(value);
        assert.deepEqual(group, {
            name: "storage",
            intervalSeconds: 60,
            rules: [
                {
                    uid: "rekindle-k3s-data-low",
                    name: "K3sDataLow",
                    datas: [
                        {
                            refId: "A",
                            datasourceUid: "prometheus",
                            relativeTimeRange: { from: 600, to: 0 },
                            model: model({
                                ...{ refId: "A", expr: "a / b or c", instant: true, range: false },
                            }),
                        },
                        {
                            refId: "C",
                            datasourceUid: "__expr__",
                            relativeTimeRange: { from: 0, to: 0 },
                            model: model({
                                ...{ refId: "C", type: "threshold", expression: "A" },
                                conditions: [{ evaluator: { type: "lt", params: [8] } }],
                            }),
                        },
                    ],
                    condition: "C",
                    for: "300s",
                    keepFiringFor: "900s",
                    noDataState: "NoData",
                    execErrState: "KeepLast",
                    labels: { severity: "critical" },
                    annotations: {
                        summary:
                            '{{ $labels.nodename }}: {{ printf "%.1f" $values.A.Value }} % left',
                        runbook_url: "https://runbooks.example/K3sDataLow",
                    },
                    notificationSettings: {
                        contactPoint: "telegram",
                        groupBies: ["grafana_folder", "alertname"],
                        groupWait: "30s",
                        groupInterval: "300s",
                        repeatInterval: "14400s",
                    },
                },
            ],
        });
    });

    it("turns what a filter leaves into 1: its own value may be 0", () => {
        const { threshold, ...rest } = low;
        assert.equal(threshold, 8);
        const filter: Alert = { ...rest, comparison: "any", noData: "OK" };
        const [group] = ruleGroups([filter], options);
        const models = group?.rules[0]?.datas as { model: string }[];
        assert.match(models[0]?.model ?? "", /"group without \(\) \(a \/ b or c\)"/);
        assert.match(models[1]?.model ?? "", /"type":"gt","params":\[0\]/);
    });

    it("evaluates every group at a multiple of ten seconds, and no alert waits a fraction of that", () => {
        for (const pace of ["home", "rehearsal"] as const) {
            for (const { intervalSeconds, rules } of ruleGroups(list, { ...options, pace })) {
                assert.equal(intervalSeconds % 10, 0);
                for (const rule of rules) {
                    assert.equal(parseInt(rule.for as string) % intervalSeconds, 0);
                }
            }
        }
    });

    it("keeps the list's order, in groups and in them: in Grafana's API it is a part of them", () => {
        const names = ruleGroups(list, options).flatMap(({ rules }) => rules.map((r) => r.name));
        assert.deepEqual(
            names,
            list.map(({ name }) => name),
        );
    });

    it("gives every rule a uid of its own that Grafana takes", () => {
        const uids = list.map(({ name }) => ruleUid(name));
        assert.equal(new Set(uids).size, uids.length);
        assert.deepEqual(
            uids.filter((uid) => !/^[A-Za-z0-9_-]{1,40}$/.test(uid)),
            [],
        );
    });
});

describe("route", () => {
    it("keeps the messages of rules that begin at once apart, what is critical first", () => {
        const order = places(list);
        const waits = list
            .filter(({ severity }) => severity !== "heartbeat")
            .map(({ name, severity }) => ({
                severity,
                wait: route(severity, "home", order.get(name)).groupWait,
            }));
        const sorted = waits.map(({ wait }) => wait).sort((a, b) => a - b);
        sorted.slice(1).forEach((wait, index) => {
            // Telegram takes 20 a minute from a bot in one group, and counts to the millisecond.
            assert.ok(wait - (sorted[index] ?? 0) > 3);
        });
        const last = Math.max(...waits.filter((w) => w.severity === "critical").map((w) => w.wait));
        const first = Math.min(...waits.filter((w) => w.severity === "warning").map((w) => w.wait));
        assert.ok(last < first);
    });

    it("sends a heartbeat every four minutes: two and their grace are over in ten", () => {
        const { groupWait, groupInterval, repeatInterval } = route("heartbeat", "home");
        assert.equal(groupWait, 0);
        // Sent at the first end of an interval at which it is due.
        assert.equal(Math.ceil(repeatInterval / groupInterval) * groupInterval, 240);
    });
});

describe("paced", () => {
    const waits = (pace: "home" | "rehearsal", ...wanted: readonly number[]) => {
        const [alert] = list;
        assert.ok(alert);
        const alerts = wanted.map((seconds) => ({ ...alert, for: seconds }));
        return paced(alerts, pace).map((one) => one.for);
    };

    it("changes nothing at home", () => {
        assert.deepEqual(paced(list, "home"), list);
    });

    it("divides a wait by thirty in a rehearsal, to a minute at least, and lengthens none", () => {
        assert.deepEqual(waits("rehearsal", 0, 30, 60, 300, 1800, 3600), [0, 30, 60, 60, 60, 120]);
    });
});
