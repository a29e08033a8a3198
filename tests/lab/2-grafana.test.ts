import assert from "node:assert/strict";
import { internetClient } from "../../lab/internet-client";
import { editedConfig, rekindle, rekindleUntil, verb } from "./lab";

/** Pulumi.dev.yaml with another threshold, which Grafana must be told, and a hostname, which has nothing to do with it. */
const changed = (threshold: number, hostname: string) =>
    editedConfig((config) => {
        Object.assign(config["rekindle:alerts"], { thresholds: { K3sDataLow: threshold } });
        config["rekindle:routes"].push({
            hostname,
            service: "http://git.git.svc.cluster.local:3000",
        });
    });
const status = async (hostname: string) => {
    const answer = await internetClient().visit(`https://${hostname}/`);
    return "status" in answer ? answer.status : answer.error;
};

describe("Grafana away while the program runs", () => {
    after("everything as it was", async () => {
        await verb("fault", "clear");
        const up = await rekindle("up");
        assert.equal(up.exit, 0, up.output);
    });

    it("is waited for, and that is said", async () => {
        await verb("fault", "grafana", "down");
        const up = await rekindleUntil(
            /Waiting for Grafana/,
            () => verb("fault", "clear"),
            ...["up", "--config-file", changed(9, "wiki.home.example")],
        );
        assert.equal(up.exit, 0, up.output);
        assert.match(
            up.output,
            /Waiting for Grafana at http:\/\/10\.77\.0\.11:30300: .+ \(\d+ s so far, \d+ s more at most\)/,
        );
        assert.match(up.output, /RuleGroup alerting-storage updated/);
        assert.match(up.output, /alerts made by hand +as before, to the byte/);
        assert.equal(await status("wiki.home.example"), 200);
    });

    it("or refusing: alerting alone fails, in one sentence, and the rest is converged", async () => {
        await verb("fault", "grafana", "401");
        const up = await rekindle("up", "--config-file", changed(10, "files.home.example"));
        assert.notEqual(up.exit, 0);
        assert.equal(await status("files.home.example"), 200);
        const told = up.output
            .split("\n")
            .flatMap((line) => /Grafana at .* refuses the login.*/.exec(line)?.[0] ?? []);
        assert.ok(told.length > 0, up.output);
        assert.equal(new Set(told).size, 1, told.join("\n"));
        const { update, create } = up.report.steps ?? {};
        assert.ok((update ?? 0) + (create ?? 0) > 0);
        assert.doesNotMatch(up.output, /RuleGroup alerting-storage updated/);
    });
});
