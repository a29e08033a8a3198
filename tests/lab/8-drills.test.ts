import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { DrillRecord } from "../../drills/record";
import { labCa } from "../../lab/ca";
import { pis } from "../../lab/facts";
import { runningHouse } from "../../lab/house";
import { insideArgs } from "../../lab/network";
import { project } from "../../lab/paths";
import { powerCut, powerOn } from "../../lab/pi";
import { promised } from "../../lab/undo";
import { sampled } from "../kills/sample";
import { assertConverges, killedAt } from "./killed-drill";
import { rekindle } from "./lab";

/** Stands in front of the Pis, and in for `pulumi`. */
async function coldAsAtHome(): Promise<DrillRecord> {
    const tools = mkdtempSync(join(tmpdir(), "rekindle-"));
    const kubectl = join(tools, "kubectl");
    writeFileSync(kubectl, `#!/bin/sh\nexec ${runningHouse().k3s} kubectl "$@"\n`, { mode: 0o755 });
    const [file, args] = insideArgs(process.execPath, ["--import", "tsx", "tests/lab/as-home.ts"]);
    const { certFile } = await labCa();
    const path = `${tools}:${process.env["PATH"] ?? ""}`;
    const child = spawn(file, args, {
        cwd: project,
        stdio: ["pipe", "pipe", "inherit"],
        env: { ...process.env, PATH: path, NODE_EXTRA_CA_CERTS: certFile },
    });
    let last = "";
    for await (const line of createInterface(child.stdout)) {
        last = line;
        if (line.startsWith("Pull the plug")) {
            await Promise.all(pis.map(powerCut));
            child.stdin.write("\n");
        } else if (line.startsWith("Put the plugs back")) {
            pis.forEach((pi) => void powerOn(pi));
            child.stdin.write("\n");
        } else if (line === "pulumi up") {
            const { exit, report } = await rekindle("up");
            const { create, update, replace, delete: deleted } = report.steps ?? {};
            const changes = [create, update, replace, deleted].map((count) => count ?? NaN);
            const sum = changes.reduce((total, count) => total + count, 0);
            child.stdin.write(`${exit === 0 ? sum : "failed"}\n`);
        }
    }
    return JSON.parse(last) as DrillRecord;
}

describe("a drill that is killed", () => {
    const kills = [
        ["drive", /^ {2}breaking/, false],
        ["wan", /^ {2}breaking/, true],
        ["cold", / SSH$/, true],
        ["credential", / tunnel$/, true],
    ] as const;
    const [drive, , cold] = kills;
    for (const [drill, moment, isDark] of sampled("drills", kills, [drive, cold], "lab")) {
        it(`${drill}, at "${moment.source}": the mute ends at its time, and \`npm start\` converges`, async () => {
            const ends = await killedAt(drill, moment);
            await assertConverges(ends, !isDark);
        });
    }
});

describe("npm run drill, after drills that were killed", () => {
    it("cold passes, and leaves nothing", async () => {
        const run = await rekindle("drill", "cold");
        assert.equal(run.exit, 0, run.output);
        assert.deepEqual(promised(), []);
    });

    it("cold as on a real home: over its own ssh, kubectl, Cloudflare's, Grafana's and the Worker's APIs", async () => {
        const record = await coldAsAtHome();
        assert.deepEqual(record.problems, []);
        assert.equal(record.verdict, "passed");
        assert.equal(record.where, "home");
        const names = record.milestones.map(({ name }) => name);
        assert.ok(names.includes("first public 200") && names.includes("canary delivered"));
        assert.equal(record.milestones.filter(({ name }) => name === "mount").length, pis.length);
        assert.deepEqual(promised(), []);
    });

    it("names the drills that there are", async () => {
        const run = await rekindle("drill", "clod");
        assert.equal(run.exit, 1);
        assert.match(run.output, /There is no drill "clod" here: use all, cold, seed/);
    });
});
