import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
    longestRunbook,
    longestSummary,
    telegramMessage,
    telegramTemplate,
} from "../../components/telegram-message";
import { run } from "../../lab/shell";
import { list, runbooks, tools } from "./promtool";

interface Sent {
    readonly status: "firing" | "resolved";
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
}

describe("the message, as Alertmanager's own tool renders it", () => {
    let amtool: string;
    let folder: string;
    before(async () => {
        ({ amtool } = await tools());
        folder = mkdtempSync(join(tmpdir(), "rekindle-message-"));
        writeFileSync(join(folder, "message.tmpl"), telegramTemplate);
    });
    after(() => {
        rmSync(folder, { recursive: true });
    });

    async function rendered(alerts: readonly Sent[]): Promise<string> {
        const shared = (of: (alert: Sent) => Readonly<Record<string, string>>) =>
            Object.fromEntries(
                Object.entries(alerts[0] ? of(alerts[0]) : {}).filter(([key, value]) =>
                    alerts.every((alert) => of(alert)[key] === value),
                ),
            );
        const commonLabels = shared(({ labels }) => labels);
        const data = {
            status: alerts.some(({ status }) => status === "firing") ? "firing" : "resolved",
            alerts,
            commonLabels,
            groupLabels: { alertname: commonLabels["alertname"] },
            commonAnnotations: shared(({ annotations }) => annotations),
        };
        writeFileSync(join(folder, "data.json"), JSON.stringify(data));
        return run(amtool, [
            ...["template", "render", `--template.glob=${join(folder, "*.tmpl")}`],
            ...[`--template.text=${telegramMessage}`],
            ...[`--template.data=${join(folder, "data.json")}`],
        ]);
    }
    const alert = (status: Sent["status"], summary: string, labels = {}): Sent => ({
        status,
        labels: { alertname: "K3sDataLow", severity: "critical", ...labels },
        annotations: { summary, runbook_url: `${runbooks}/K3sDataLow` },
    });

    it("names the alert, each case, and the runbook", async () => {
        const sent = [
            alert("firing", "pi1: 7.9 % left"),
            alert("firing", "pi2: 6.0 % left"),
            alert("resolved", "pi3: 50.0 % left"),
        ];
        assert.equal(
            await rendered(sent),
            [
                "🔥 <b>K3sDataLow</b> 2 firing, 1 resolved",
                "pi1: 7.9 % left",
                "pi2: 6.0 % left",
                "Resolved: pi3: 50.0 % left",
                "https://runbooks.example/K3sDataLow",
            ].join("\n"),
        );
    });

    it("shows at a glance what is over, and what is only a warning", async () => {
        assert.match(await rendered([alert("resolved", "x")]), /^✅ <b>K3sDataLow<\/b> 1 resolved/);
        const warning = alert("firing", "x", { severity: "warning" });
        assert.match(await rendered([warning]), /^⚠️ <b>K3sDataLow<\/b> 1 firing/);
    });

    it("says so when there are more than it shows", async () => {
        const storm = Array.from({ length: 50 }, (_, i) => alert("firing", `pod-${i} fails`));
        const text = await rendered(storm);
        assert.match(text, /50 firing/);
        assert.match(text, /pod-2 fails\n… and others\n/);
        assert.doesNotMatch(text, /pod-3/);
    });

    it("names the rule when Grafana only tells that there is no data", async () => {
        const labels = { alertname: "DatasourceNoData", rulename: "RootLow" };
        assert.match(
            await rendered([alert("firing", "the card", labels)]),
            /RootLow finds no data\. the card/,
        );
    });

    it("escapes whatever stands in labels and summaries", async () => {
        const text = await rendered([alert("firing", `<b>&"'🎉`, { alertname: "<i>x" })]);
        assert.match(text, /<b>&lt;i&gt;x<\/b>/);
        assert.match(text, /&lt;b&gt;&amp;&#34;&#39;🎉/);
    });

    it("is a message of somebody else's alert too, without summary, severity or runbook", async () => {
        const theirs = {
            status: "firing",
            labels: { alertname: "Theirs" },
            annotations: {},
        } as const;
        assert.equal(await rendered([theirs]), "⚠️ <b>Theirs</b> 1 firing\nTheirs");
    });

    it("stays below Telegram's limit when all is as long as can be and every character is escaped", async () => {
        const long = "&".repeat(500);
        const worst = (status: Sent["status"]): Sent => ({
            status,
            labels: { alertname: long, severity: "critical", rulename: long },
            annotations: { summary: long, runbook_url: long },
        });
        const alerts = [
            ...Array<Sent>(50).fill(worst("firing")),
            ...Array<Sent>(50).fill(worst("resolved")),
        ];
        const text = await rendered(alerts);
        assert.ok(text.length < 4096, `${text.length} characters`);
        assert.ok(text.length > 3000, "it is not the worst case");
    });

    it("cuts no summary and no runbook of our own", () => {
        for (const { name, summary } of list) {
            // Names of nodes and pods are short at home; a pod's is 63 at most.
            assert.ok(summary.length <= longestSummary - 10, `${name}: ${summary.length}`);
            assert.ok(`${runbooks}/${name}`.length <= longestRunbook, name);
        }
    });
});
