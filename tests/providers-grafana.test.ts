import assert from "node:assert/strict";
import type { FastifyInstance } from "fastify";
import { alerts } from "../components/alerts";
import { ruleGroups } from "../components/grafana-rules";
import { telegramTemplate } from "../components/telegram-message";
import { Faults } from "../lab/cloudflare/faults";
import { grafanaApi } from "../lab/grafana/api";
import { GrafanaStore, type Rule } from "../lab/grafana/store";
import { grafanaPackage } from "../lab/providers/grafana/package";
import { text, type Values } from "../lab/providers/values";
import { Driver } from "./provider-rules";
import { alertHome } from "./alert-home";

const auth = "admin:pass";
const types = {
    folder: "grafana:oss/folder:Folder",
    template: "grafana:alerting/messageTemplate:MessageTemplate",
    point: "grafana:alerting/contactPoint:ContactPoint",
    policy: "grafana:alerting/notificationPolicy:NotificationPolicy",
    group: "grafana:alerting/ruleGroup:RuleGroup",
};

// Against the lab's stand-in for Grafana: what that gets wrong, this does not find.
describe("the grafana stand-in", () => {
    let store: GrafanaStore;
    let app: FastifyInstance;
    let faults: Faults;
    let url: string;
    let driver: Driver;
    const driverWith = (config: Values) =>
        new Driver(grafanaPackage, { url, auth, retries: "1", retryWait: "1", ...config });
    beforeEach(async () => {
        store = new GrafanaStore();
        faults = new Faults();
        const datasources = [{ uid: "prometheus", type: "prometheus", url: "" }];
        app = grafanaApi({ store, auth, datasources, faults, alertmanager: "" });
        url = await app.listen({ host: "127.0.0.1", port: 0 });
        driver = driverWith({});
    });
    afterEach(async () => app.close());

    const folder = { title: "Rekindle", uid: "rekindle" };
    const point = (chatId: string) => ({
        telegrams: [{ token: "1:secret", chatId, parseMode: "HTML", disableNotifications: false }],
        webhooks: [
            { url: "https://h", authorizationScheme: "Bearer", authorizationCredentials: "s" },
        ],
    });
    const policy = (contactPoint: string) => ({
        ...{ contactPoint, groupBies: ["alertname"], groupWait: "30s", repeatInterval: "86400s" },
        policies: [
            {
                ...{ contactPoint, groupBies: ["alertname"], groupInterval: "300s" },
                matchers: [{ label: "severity", match: "=", value: "critical" }],
            },
        ],
    });
    /** The program's own rule groups. */
    const groups = (receiver: string): Values[] => {
        const list = alerts({ ...alertHome, drives: [] });
        const contactPoints = { loud: receiver, silent: receiver, heartbeat: receiver };
        const options = { pace: "home", datasourceUid: "prometheus", runbooks: "https://r" };
        return ruleGroups(list, { ...options, pace: "home", contactPoints }).map((group) => ({
            folderUid: "rekindle",
            ...(JSON.parse(JSON.stringify(group)) as Values),
        }));
    };
    const createAll = async () => {
        const made = await driver.create(types.point, point("-1001"));
        const name = text(made.inputs["name"]);
        const all = [
            await driver.create(types.folder, folder),
            await driver.create(types.template, { template: `\n${telegramTemplate}\n` }),
            made,
            await driver.create(types.policy, policy(name)),
        ];
        for (const group of groups(name)) {
            all.push(await driver.create(types.group, group));
        }
        return { name, all, group: all[4] ?? made, policy: all[3] ?? made, point: made };
    };
    const changeRules = (change: (rule: Rule) => Rule) => {
        store.change((kept) => {
            kept.rules = kept.rules.map(change);
        });
    };

    it("creates all that alerting needs, and deletes it without a trace", async () => {
        const before = JSON.stringify(store.all);
        const { all, name } = await createAll();
        assert.match(name, /^alerting-[0-9a-f]{7}$/);
        assert.equal(store.all.contactPoints[1]?.settings["bottoken"], "1:secret");
        assert.deepEqual(
            store.all.policy.routes?.map((route) => route.object_matchers),
            [[["severity", "=", "critical"]]],
        );
        const [first] = store.all.rules;
        assert.deepEqual([first?.for, first?.notification_settings?.receiver], ["5m0s", name]);
        assert.equal(store.all.intervals["rekindle/storage"], 60);
        for (const one of all.toReversed()) {
            await driver.remove(one);
        }
        assert.equal(JSON.stringify({ ...store.all, intervals: {} }), before);
    });

    it("changes a contact point in place, under the name that it has", async () => {
        const made = await driver.create(types.point, point("-1001"));
        const wanted = driver.check(types.point, point("-1002"), made);
        assert.equal(wanted["name"], made.inputs["name"]);
        assert.deepEqual(driver.diff(made, wanted), ["telegrams[0].chatId"]);
        await driver.update(made, wanted);
        const chats = store.all.contactPoints.map(({ settings }) => settings["chatid"]);
        assert.deepEqual(chats, [undefined, "-1002", undefined]);
    });

    it("does not take over a group that somebody else made", async () => {
        await driver.create(types.folder, folder);
        const [group = {}] = groups("grafana-default-email");
        await driver.create(types.group, group);
        await assert.rejects(
            driver.create(types.group, group),
            /rule group with name "storage" already exists/,
        );
    });

    it("tries again what its configuration names, and says so", async () => {
        await faults.set({ target: "grafana", kind: "503" });
        const pending = driver.create(types.folder, folder);
        setTimeout(() => void faults.clear(), 200);
        await pending;
        assert.match(driver.heard.join(), /503 .*; trying again in 1 s/);
    });

    it("does not repeat a login that is refused when its configuration leaves 401 out", async () => {
        const wrong = driverWith({ auth: "admin:wrong", retryStatusCodes: '["429","5xx","412"]' });
        await assert.rejects(wrong.create(types.folder, folder), /401 .*Invalid username/);
        assert.deepEqual(wrong.heard, []);
    });

    it("shows no drift when nobody changed anything", async () => {
        const { all } = await createAll();
        for (const one of all) {
            assert.deepEqual(await driver.drift(one), [], one.id);
        }
    });

    it("shows in a refresh the threshold and the pause that somebody set by hand", async () => {
        const { group } = await createAll();
        const [first] = store.all.rules;
        changeRules((rule) =>
            rule.uid !== first?.uid
                ? rule
                : {
                      ...{ ...rule, isPaused: true, for: "10m0s" },
                      data: rule.data.map((query) =>
                          query.refId === "C"
                              ? { ...query, model: { ...query.model, expression: "B" } }
                              : { ...query, model: { ...query.model, intervalMs: 1000 } },
                      ),
                  },
        );
        const drift = await driver.drift(group);
        assert.equal(drift.length, 3);
        assert.match(String(drift[0]), /^rules\[0\]\.datas\[1\]\.model: .*"expression\\":\\"B/);
        assert.deepEqual(drift.slice(1), ['rules[0].for: "10m0s"', "rules[0].isPaused: true"]);
    });

    it("shows in a refresh a rule that somebody deleted", async () => {
        const { group } = await createAll();
        const [first] = store.all.rules;
        store.change((kept) => {
            kept.rules = kept.rules.filter(({ uid }) => uid !== first?.uid);
        });
        const drift = await driver.drift(group);
        assert.notEqual(drift, "deleted");
        const last = ((group.inputs["rules"] ?? []) as Values[]).length - 1;
        assert.ok(drift.includes(`rules[${last}]: undefined`), drift.toString());
    });

    it("shows in a refresh a contact point, a policy and a template changed by hand", async () => {
        const { all, name, point, policy } = await createAll();
        store.change((kept) => {
            kept.contactPoints = kept.contactPoints.map((one) =>
                one.type === "telegram"
                    ? { ...one, settings: { ...one.settings, chatid: "-5", bottoken: "2:new" } }
                    : one,
            );
            kept.policy = { ...kept.policy, repeat_interval: "1h", routes: [] };
            kept.templates = kept.templates.map((one) => ({ ...one, template: "other" }));
            kept.folders = kept.folders.map((one) => ({ ...one, title: "Other" }));
        });
        // Grafana hides tokens: a new one cannot be seen.
        assert.deepEqual(await driver.drift(point), ['telegrams[0].chatId: "-5"']);
        assert.deepEqual(await driver.drift(policy), [
            ...["policies: undefined", 'repeatInterval: "1h"'],
        ]);
        const [folder = point, template = point] = all;
        assert.deepEqual(await driver.drift(folder), ['title: "Other"']);
        assert.deepEqual(await driver.drift(template), ['template: "other"']);
        assert.equal(policy.inputs["contactPoint"], name);
    });

    it("shows in a refresh what somebody deleted", async () => {
        const { all } = await createAll();
        store.change((kept) => {
            Object.assign(kept, { folders: [], rules: [], contactPoints: [], templates: [] });
        });
        for (const one of all.filter(({ type }) => type !== types.policy)) {
            assert.equal(await driver.drift(one), "deleted", one.id);
        }
    });

    it("imports a group as the program would have written it, but for durations", async () => {
        const { group } = await createAll();
        const imported = await driver.import(types.group, group.id);
        const again = driver.diff(group, imported?.inputs ?? {});
        assert.ok(again.every((path) => /\.(for|keepFiringFor|\w+Interval|groupWait)$/.test(path)));
    });
});
