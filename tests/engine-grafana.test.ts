import assert from "node:assert/strict";
import type { FastifyInstance } from "fastify";
import { alerts } from "../components/alerts";
import { ruleGroups } from "../components/grafana-rules";
import { telegramTemplate } from "../components/telegram-message";
import { grafanaPackage } from "../lab/engine/providers/grafana";
import type { Values } from "../lab/engine/values";
import { Faults } from "../lab/cloudflare/faults";
import { grafanaApi } from "../lab/grafana/api";
import { GrafanaStore } from "../lab/grafana/store";

const auth = "admin:pass";
const types = {
    folder: "grafana:oss/folder:Folder",
    template: "grafana:alerting/messageTemplate:MessageTemplate",
    point: "grafana:alerting/contactPoint:ContactPoint",
    policy: "grafana:alerting/notificationPolicy:NotificationPolicy",
    group: "grafana:alerting/ruleGroup:RuleGroup",
};

// Against the lab's stand-in for Grafana: what that gets wrong, this does not find.
describe("the bundled engine's Grafana", () => {
    let store: GrafanaStore;
    let app: FastifyInstance;
    let url: string;
    beforeEach(async () => {
        store = new GrafanaStore();
        const datasources = [{ uid: "prometheus", type: "prometheus", url: "" }];
        app = grafanaApi({ store, auth, datasources, faults: new Faults(), alertmanager: "" });
        url = await app.listen({ host: "127.0.0.1", port: 0 });
    });
    afterEach(async () => app.close());

    const provider = (config: Values = {}) =>
        grafanaPackage.configure({ url, auth, retries: 1, retryWait: 1, ...config });
    const about = (type: string, inputs: Values) => ({
        ...{ urn: "urn:pulumi:dev::p::t::n", type, name: "alerting", preview: false },
        ...{ inputs, status: () => undefined },
    });
    const create = async (type: string, wanted: Values) => {
        const { inputs } = provider().check(about(type, wanted));
        return { inputs, ...(await provider().create(about(type, inputs))) };
    };
    const existing = (type: string, made: Awaited<ReturnType<typeof create>>, inputs: Values) => ({
        ...{ ...about(type, inputs), id: made.id, oldInputs: made.inputs },
        ...{ oldOutputs: made.outputs, ignoreChanges: [] },
    });
    const remove = async (type: string, made: Awaited<ReturnType<typeof create>>) =>
        provider().delete(existing(type, made, made.inputs));
    const telegrams = (chatId: string) => [
        { token: "1:secret", chatId, parseMode: "HTML", disableNotifications: false },
    ];
    const group = (receiver: string): Values => {
        const list = alerts({ drives: [], replicas: 2, thresholds: {} });
        const contactPoints = { loud: receiver, silent: receiver, heartbeat: receiver };
        const [first] = ruleGroups(list, {
            ...{ pace: "home", datasourceUid: "prometheus", runbooks: "https://r" },
            contactPoints,
        });
        return { folderUid: "rekindle", ...JSON.parse(JSON.stringify(first)) } as Values;
    };

    it("makes all that alerting needs, and takes it away again without a trace", async () => {
        const before = JSON.stringify(store.all);
        const folder = await create(types.folder, { title: "Rekindle", uid: "rekindle" });
        const template = await create(types.template, { template: telegramTemplate });
        const point = await create(types.point, { telegrams: telegrams("-1001") });
        const name = point.inputs["name"] as string;
        assert.match(name, /^alerting-[0-9a-f]{7}$/);
        const rules = await create(types.group, group(name));
        assert.equal(store.all.contactPoints.at(-1)?.settings["bottoken"], "1:secret");
        const [first] = store.all.rules;
        assert.deepEqual([first?.for, first?.notification_settings?.receiver], ["5m0s", name]);
        assert.equal(store.all.intervals["rekindle/storage"], 60);
        await assert.rejects(remove(types.point, point), /409 .*currently used by a rule/);
        await remove(types.group, rules);
        await remove(types.point, point);
        await remove(types.template, template);
        await remove(types.folder, folder);
        assert.equal(JSON.stringify({ ...store.all, intervals: {} }), before);
    });

    it("changes a contact point in place, under the name that it has", async () => {
        const point = await create(types.point, { telegrams: telegrams("-1001") });
        const wanted = { telegrams: telegrams("-1002") };
        const { inputs } = provider().check({
            ...about(types.point, wanted),
            oldInputs: point.inputs,
        });
        assert.equal(inputs["name"], point.inputs["name"]);
        const { changes } = provider().diff(existing(types.point, point, inputs));
        assert.deepEqual(
            changes.map(({ path, replace }) => [path.join("."), replace]),
            [["telegrams.0.chatId", false]],
        );
        await provider().update(existing(types.point, point, inputs));
        assert.deepEqual(
            store.all.contactPoints.map(({ settings }) => settings["chatid"]),
            [undefined, "-1002"],
        );
    });

    it("replaces the whole policy tree, and leaves Grafana's default behind", async () => {
        const point = await create(types.point, { telegrams: telegrams("-1001") });
        const contactPoint = point.inputs["name"] ?? "";
        const policy = await create(types.policy, {
            ...{ contactPoint, groupBies: ["alertname"], groupWait: "30s" },
            policies: [
                {
                    ...{ contactPoint, groupBies: ["alertname"] },
                    matchers: [{ label: "severity", match: "=", value: "critical" }],
                },
            ],
        });
        assert.deepEqual(
            store.all.policy.routes?.map((route) => route.object_matchers),
            [[["severity", "=", "critical"]]],
        );
        await remove(types.policy, policy);
        assert.equal(store.all.policy.receiver, "grafana-default-email");
    });

    it("does not take a group over that somebody else made", async () => {
        await create(types.folder, { title: "Rekindle", uid: "rekindle" });
        await create(types.group, group("grafana-default-email"));
        await assert.rejects(
            create(types.group, group("grafana-default-email")),
            /rule group with name "storage" already exists/,
        );
    });

    it("does not try a login again that is refused", async () => {
        const codes = { auth: "admin:wrong", retryStatusCodes: ["429", "5xx", "412"] };
        const folder = about(types.folder, { title: "Rekindle", uid: "rekindle" });
        await assert.rejects(provider(codes).create(folder), /401 .*Invalid username or password/);
    });

    it("makes no call in a preview", async () => {
        const preview = { ...about(types.folder, { title: "a" }), preview: true };
        const unreachable = provider({ url: "http://127.0.0.1:1" });
        assert.deepEqual(await unreachable.create(preview), { id: "", outputs: { title: "a" } });
    });
});
