import assert from "node:assert/strict";
import { begin, begun, tunnelObjects } from "./ended-run";
import { editedConfig, rekindle } from "./lab";

describe("an `up` that is interrupted", () => {
    it("with Ctrl-C while the Deployment rolls out: the next up converges", async () => {
        const more = editedConfig((config) => {
            config["rekindle:tunnel"].replicas = 3;
        });
        const { ended, end } = begin("up", "--config-file", more);
        await begun("update", "kubernetes:apps/v1:Deployment");
        end("SIGINT");
        const { exit, output } = await ended;
        assert.notEqual(exit, 0, output);
        const up = await rekindle("up");
        assert.equal(up.exit, 0, up.output);
        assert.ok(
            up.report.checks.every(({ ok }) => ok),
            JSON.stringify(up.report.checks),
        );
        assert.equal((await tunnelObjects("deployments")).length, 1);
    });
});
