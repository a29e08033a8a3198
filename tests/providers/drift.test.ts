import assert from "node:assert/strict";
import type { FastifyInstance } from "fastify";
import { startApi, type Api } from "../../lab/cloudflare/api";
import { Faults } from "../../lab/cloudflare/faults";
import { accountId, zone } from "../../lab/facts";
import { grafanaApi } from "../../lab/grafana/api";
import { GrafanaStore } from "../../lab/grafana/store";
import { deployToken, tokens } from "../cloudflare-calls";
import { Project } from "./pulumi";

const auth = "admin:pass";
const tunnelSecret = Buffer.alloc(32, 1).toString("base64");

// The APIs are the lab's stand-ins; tests/providers-*.test.ts shows the other types of resources without the engine.
describe("a refresh with the stand-in plugins on Pulumi's engine", () => {
    let api: Api;
    let store: GrafanaStore;
    let app: FastifyInstance;
    let project: Project;
    const program = (url: string, options = "") => `
        const account = new cloudflare.Provider("account",
            { baseUrl: "${api.url}", apiToken: pulumi.secret("${deployToken}") });
        new cloudflare.ZeroTrustTunnelCloudflared("tunnel", { accountId: "${accountId}", name: "home",
            configSrc: "local", tunnelSecret: pulumi.secret("${tunnelSecret}") }, { provider: account ${options} });
        const provider = new grafana.Provider("home", { url: "${url}", auth: pulumi.secret("${auth}"),
            retries: 1, retryWait: 1, retryStatusCodes: ["429", "5xx", "412"] });
        const point = new grafana.alerting.ContactPoint("chat",
            { telegrams: [{ token: pulumi.secret("1:secret"), chatId: "-1001" }] }, { provider });
        const folder = new grafana.oss.Folder("folder", { title: "Alerts" }, { provider });
        const model = (settings) => JSON.stringify({ refId: "C", ...settings });
        new grafana.alerting.RuleGroup("group", { folderUid: folder.uid, intervalSeconds: 60, rules: [{
            name: "Full", condition: "C", for: "300s", uid: "full", labels: { severity: "critical" },
            notificationSettings: { contactPoint: point.name },
            datas: [
                { refId: "A", datasourceUid: "prometheus", relativeTimeRange: { from: 600, to: 0 },
                  model: JSON.stringify({ refId: "A", expr: "up" }) },
                { refId: "C", datasourceUid: "__expr__", relativeTimeRange: { from: 0, to: 0 }, model:
                  model({ type: "threshold", expression: "A",
                      conditions: [{ evaluator: { type: "gt", params: [80] } }] }) },
            ],
        }] }, { provider });`;
    before(async () => {
        api = await startApi({ tokens, zones: [zone], port: 0 });
        store = new GrafanaStore();
        const datasources = [{ uid: "prometheus", type: "prometheus", url: "" }];
        app = grafanaApi({ store, auth, datasources, faults: new Faults(), alertmanager: "" });
        const url = await app.listen({ host: "127.0.0.1", port: 0 });
        project = await Project.create(program(url));
        const { exit, output } = await project.up();
        assert.equal(exit, 0, output);
    });
    after(async () => {
        project.remove();
        await Promise.all([api.close(), app.close()]);
    });
    const refresh = () => project.run("refresh", "--preview-only", "--diff", "--expect-no-changes");

    it("shows nothing when nobody changed anything", async () => {
        const { exit, output } = await refresh();
        assert.equal(exit, 0, output);
        assert.match(output, /\d unchanged/);
    });

    it("shows what somebody changed or deleted by hand, and no secret", async () => {
        store.change((kept) => {
            kept.rules = kept.rules.map((rule) => ({ ...rule, for: "10m0s", isPaused: true }));
            kept.contactPoints = kept.contactPoints.map((one) => ({
                ...{ ...one, settings: { ...one.settings, chatid: "-5" } },
            }));
            kept.folders = [];
        });
        const [tunnel] = api.store.tunnels.values();
        assert.ok(tunnel);
        api.store.setTunnel({ ...tunnel, name: "cottage" });
        const { exit, output } = await refresh();
        assert.notEqual(exit, 0);
        assert.match(output, /~ name: "home" => "cottage"/);
        assert.match(output, /~ for\s+: "300s" => "10m0s"/);
        assert.match(output, /\+ isPaused\s*: true/);
        // A list with a secret in it is secret as a whole.
        assert.match(output, /~ chatId\s*: \[secret\] => \[secret\]/);
        assert.match(output, /- grafana:oss\/folder:Folder: \(delete\)/);
        assert.match(output, /~ 3 .*- 1 /s);
        assert.ok(!output.includes(tunnelSecret) && !output.includes("1:secret"));
    });
});
