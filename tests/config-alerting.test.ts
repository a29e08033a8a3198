import assert from "node:assert/strict";
import { alertingOf } from "../config/alerting";
import { checkConfig } from "../config/check";
import { problemsOf, raw } from "./right-config";

const right = {
    grafana: { url: "http://192.168.1.11:30300", datasourceUid: "prometheus" },
    grafanaAuth: "admin:secret word".replace(" ", "-"),
    telegram: { chatId: "-1001234567890" },
    telegramToken: `123456789:${"A".repeat(35)}`,
    heartbeat: { workersSubdomain: "me" },
    heartbeatSecret: "f".repeat(64),
    alerts: { runbooks: "https://runbooks.example" },
};

describe("the configuration of alerting", () => {
    it("may be left out, or be the empty maps of Pulumi.yaml", () => {
        const empty = { grafana: {}, telegram: {}, heartbeat: {}, alerts: {} };
        for (const changes of [{}, empty]) {
            const checked = checkConfig(raw(changes));
            assert.ok("values" in checked);
            assert.equal(alertingOf(checked.values), undefined);
        }
    });

    it("is taken whole, with defaults for what may be left out", () => {
        const checked = checkConfig(raw(right));
        assert.ok("values" in checked, JSON.stringify(checked));
        assert.deepEqual(alertingOf(checked.values), {
            grafana: { ...right.grafana, ownsPolicies: false },
            telegram: right.telegram,
            heartbeat: right.heartbeat,
            alerts: { ...right.alerts, pace: "home", thresholds: {}, off: [] },
        });
    });

    it("may be the dead man's switch alone", () => {
        assert.deepEqual(problemsOf({ ...right, grafana: {}, grafanaAuth: undefined }), []);
    });

    it("takes a chat's id without quotes, which YAML makes a number of", () => {
        const checked = checkConfig(raw({ ...right, telegram: { chatId: -1001234567890 } }));
        assert.ok("values" in checked);
        assert.equal(checked.values.telegram?.chatId, "-1001234567890");
    });

    it("tells what one part needs of another, each once", () => {
        const { grafana, heartbeat } = right;
        assert.deepEqual(problemsOf({ grafana, heartbeat }), [
            "rekindle:grafanaAuth: is missing; grafana needs it",
            "rekindle:telegram: is missing; grafana needs it",
            "rekindle:telegramToken: is missing; grafana needs it",
            "rekindle:alerts: is missing; grafana needs it",
            "rekindle:heartbeatSecret: is missing; heartbeat needs it",
        ]);
    });

    for (const [what, changes, expected] of [
        [
            "a slash at the end of an address",
            { grafana: { ...right.grafana, url: "http://grafana/" } },
            /rekindle:grafana\.url: .* is not Grafana's http or https address/,
        ],
        [
            "a login in an address",
            { grafana: { ...right.grafana, url: "http://a:b@grafana" } },
            /rekindle:grafana\.url/,
        ],
        [
            "a password alone in an address",
            { grafana: { ...right.grafana, url: "http://:b@grafana" } },
            /rekindle:grafana\.url/,
        ],
        [
            "a template in an address",
            { alerts: { runbooks: "https://runbooks.example/{{ 1 }}" } },
            /rekindle:alerts\.runbooks: .* is not the address under which docs\/runbooks is served/,
        ],
        [
            "an address of another kind",
            { alerts: { runbooks: "file:///runbooks" } },
            /rekindle:alerts\.runbooks/,
        ],
        ["a chat by its title", { telegram: { chatId: "My chat" } }, /rekindle:telegram\.chatId/],
        [
            "a topic of no number",
            { telegram: { ...right.telegram, threadId: "4" } },
            /rekindle:telegram\.threadId/,
        ],
        [
            "a whole address for a subdomain",
            { heartbeat: { workersSubdomain: "me.workers.dev" } },
            /rekindle:heartbeat\.workersSubdomain/,
        ],
        [
            "an alert to leave out that is no list",
            { alerts: { ...right.alerts, off: "TargetDown" } },
            /rekindle:alerts\.off: "TargetDown" is not a list/,
        ],
        [
            "a threshold of no number",
            { alerts: { ...right.alerts, thresholds: { K3sDataLow: "8 %" } } },
            /rekindle:alerts\.thresholds\.K3sDataLow: "8 %" is not a number/,
        ],
        [
            "a pace that there is not",
            { alerts: { ...right.alerts, pace: "fast" } },
            /rekindle:alerts\.pace: "fast" is not one of home, rehearsal/,
        ],
    ] as const) {
        it(`refuses ${what}`, () => {
            const problems = problemsOf({ ...right, ...changes });
            assert.equal(problems.length, 1, problems.join("\n"));
            assert.match(problems[0] ?? "", expected);
        });
    }
});
