import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { pis } from "../../lab/facts";
import { internetClient } from "../../lab/internet-client";
import { describe as describeTraces, traces } from "../../lab/leftovers";
import { dotLab, project, runRoot, stackConfigFile } from "../../lab/paths";
import { piProcess } from "../../lab/pi";
import { rekindle } from "./lab";

describe("npm run destroy", () => {
    it("leaves no tunnel and no record of its own, and the foreign one as it was", async () => {
        const before = (await internetClient().records()).filter((record) => record.type === "A");
        const destroyed = await rekindle("destroy");
        assert.equal(destroyed.exit, 0, destroyed.output);
        const tunnels = await internetClient().tunnels();
        assert.deepEqual(
            tunnels.filter((tunnel) => tunnel.deleted_at === null),
            [],
        );
        assert.deepEqual(await internetClient().records(), before);
    });
});

describe("npm run down", () => {
    it("leaves nothing on the machine but the cache", async () => {
        const down = await rekindle("down");
        assert.equal(down.exit, 0, down.output);
        assert.deepEqual(describeTraces(traces()), []);
        assert.ok(!existsSync(runRoot));
        assert.ok(!existsSync(stackConfigFile), dotLab);
    });

    it("after it, other commands say what to run first, and report that they failed", async () => {
        const preview = await rekindle("preview");
        assert.equal(preview.exit, 1);
        assert.match(preview.output, /The lab is not running: run `npm start` first/);
        assert.equal(preview.report.command, "preview");
        assert.deepEqual(
            preview.report.checks.map((check) => check.ok),
            [false],
        );
    });

    it("does so again when there is nothing left to remove", async () => {
        assert.equal((await rekindle("down")).exit, 0);
    });

    it("cleans up after a start that was killed half-way", async () => {
        const start = spawn("sh", ["lab/run.sh", "start"], { cwd: project, stdio: "ignore" });
        const ended = new Promise((resolve) => start.on("close", resolve));
        while (!pis.some((pi) => piProcess(pi) !== undefined)) {
            assert.equal(start.exitCode, null, "start ended before a Pi ran");
            await delay(50);
        }
        start.kill("SIGKILL");
        await ended;
        assert.notDeepEqual(describeTraces(traces()), []);
        const down = await rekindle("down");
        assert.equal(down.exit, 0, down.output);
        assert.deepEqual(describeTraces(traces()), []);
    });
});
