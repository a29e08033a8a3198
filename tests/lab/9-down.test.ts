import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { pis } from "../../lab/facts";
import { describe as describeTraces, traces } from "../../lab/leftovers";
import { dotLab, project, runRoot, stackConfigFile } from "../../lab/paths";
import { piProcess } from "../../lab/pi";
import { editedConfig, rekindle, until } from "./lab";

describe("npm run down", () => {
    it("leaves nothing on the machine but the cache", async () => {
        const down = await rekindle("down");
        assert.equal(down.exit, 0, down.output);
        assert.deepEqual(describeTraces(traces()), []);
        assert.ok(!existsSync(runRoot));
        assert.ok(!existsSync(stackConfigFile), dotLab);
    });

    it("after it, preview is the difference to the house as it last was", async () => {
        const edited = editedConfig((config) => {
            config["rekindle:tunnel"].replicas = 3;
        });
        const preview = await rekindle("preview", "--config-file", edited);
        assert.equal(preview.exit, 0, preview.output);
        assert.match(preview.output, /The lab is down/);
        assert.deepEqual(
            (preview.report.changes ?? [])
                .map(({ op, urn }) => `${op} ${urn.split("::").pop() ?? ""}`)
                .sort(),
            [
                // The alert of a connector less counts them, and Grafana is asked before it is told.
                ...["update alerting-ready", "update alerting-tunnel"],
                ...["update tunnel", "update tunnel-cloudflared"],
            ],
        );
    });

    it("after it, other commands say what to run first, and report that they failed", async () => {
        const up = await rekindle("up");
        assert.equal(up.exit, 1);
        assert.match(up.output, /The lab is not running: run `npm start` first/);
        assert.equal(up.report.command, "up");
        assert.deepEqual(
            up.report.checks.map((check) => check.ok),
            [false],
        );
    });

    it("does so again when there is nothing left to remove", async () => {
        assert.equal((await rekindle("down")).exit, 0);
    });

    it("cleans up after a start that was killed half-way", async () => {
        const start = spawn("sh", ["lab/run.sh", "start"], { cwd: project, stdio: "ignore" });
        const ended = new Promise((resolve) => start.on("close", resolve));
        await until("a Pi to run", 300, () => {
            assert.equal(start.exitCode, null, "start ended before a Pi ran");
            return pis.some((pi) => piProcess(pi) !== undefined) || undefined;
        });
        start.kill("SIGKILL");
        await ended;
        assert.notDeepEqual(describeTraces(traces()), []);
        const down = await rekindle("down");
        assert.equal(down.exit, 0, down.output);
        assert.deepEqual(describeTraces(traces()), []);
    });
});
