import assert from "node:assert/strict";
import { askGrafana } from "../../lab/house-grafana";
import { internetClient } from "../../lab/internet-client";
import { kube, npmRun, rekindle } from "./lab";

/** A rule as Grafana's API has it; little of it is read here. */
interface Rule extends Record<string, unknown> {
    readonly uid: string;
    readonly for: string;
}

// What this does not prove: drift of what Commands keep, which Pulumi cannot read; `dns status` and the volumes' status show that.
describe("refresh --preview-only", function () {
    this.timeout(300_000);
    const refresh = async () =>
        npmRun(["pulumi", "refresh", "--preview-only", "--diff", "--non-interactive"]);

    it("shows nothing when nobody changed anything", async () => {
        const { exit, output } = await refresh();
        assert.equal(exit, 0, output);
        assert.match(output, /Resources:\n +\d+ unchanged/);
        assert.doesNotMatch(output, /points elsewhere|missing/);
    });

    it("shows a ConfigMap, an alert rule and a record that somebody changed by hand", async () => {
        const [configMap = ""] = (
            await kube(
                "get",
                "configmaps",
                "-A",
                "-o",
                "custom-columns=N:.metadata.namespace,M:.metadata.name",
                "--no-headers",
            )
        )
            .split("\n")
            .filter((line) => line.includes("tunnel-config-"));
        const [namespace = "", name = ""] = configMap.split(/ +/);
        const patch = { data: { "config.yaml": "changed: by hand\n" } };
        await kube("patch", "configmap", name, "-n", namespace, "--patch", JSON.stringify(patch));

        const rules = await askGrafana<Rule[]>("/api/v1/provisioning/alert-rules");
        const rule = rules.find(({ uid }) => uid === "rekindle-tunnel-down");
        assert.ok(rule);
        const path = `/api/v1/provisioning/alert-rules/${rule.uid}`;
        await askGrafana(path, "PUT", { ...rule, for: "59m" });

        const internet = internetClient();
        const record = (await internet.records()).find((each) => each.name === "git.home.example");
        assert.ok(record);
        await internet.removeRecord(record.id);
        await internet.addRecord({
            zoneId: record.zone_id,
            type: "CNAME",
            name: record.name,
            content: "elsewhere.example",
            proxied: true,
            comment: record.comment ?? "",
        });

        const { output } = await refresh();
        assert.match(output, /ConfigMap/);
        assert.match(output, /changed: by hand/);
        assert.match(output, /59m/);
        assert.match(output, /2 (to )?update/);
        assert.match(output, /points elsewhere +git\.home\.example/);
    });

    it("leaves the stack as it is, and `up --refresh` and `dns prune` repair all three", async () => {
        const repaired = await npmRun(["pulumi", "up", "--refresh", "--yes", "--skip-preview"]);
        assert.equal(repaired.exit, 0, repaired.output);
        const pruned = await npmRun(["lab", "dns", "prune"]);
        assert.equal(pruned.exit, 0, pruned.output);
        const { exit, output } = await refresh();
        assert.equal(exit, 0, output);
        assert.match(output, /Resources:\n +\d+ unchanged/);
        const up = await rekindle("up");
        assert.equal(up.exit, 0, up.output);
    });
});
