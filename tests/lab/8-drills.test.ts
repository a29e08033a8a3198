import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { askGrafana } from "../../lab/house-grafana";
import { internetClient } from "../../lab/internet-client";
import { project } from "../../lab/paths";
import { promised } from "../../lab/undo";
import { rekindle } from "./lab";

interface Silence {
    readonly createdBy: string;
    readonly endsAt: string;
    readonly status: { readonly state: string };
}

const silences = async () =>
    (await askGrafana<Silence[]>("/api/alertmanager/grafana/api/v2/silences")).filter(
        ({ createdBy, status }) => createdBy === "rekindle" && status.state === "active",
    );

/** Runs a drill and kills it when it prints a line like this. @returns until when it had muted, in milliseconds */
async function killedAt(drill: string, moment: RegExp): Promise<number> {
    const child = spawn("sh", ["lab/run.sh", "drill", drill], { cwd: project });
    const ended = once(child, "close");
    let output = "";
    for await (const line of createInterface(child.stdout)) {
        output += `${line}\n`;
        if (moment.test(line)) {
            child.kill("SIGKILL");
            break;
        }
    }
    await ended;
    assert.equal(child.signalCode, "SIGKILL", output);
    const [, until = ""] = /muted until (\S+)/.exec(output) ?? [];
    return Date.parse(until);
}

describe("a drill that is killed", () => {
    for (const [drill, moment, isDark] of [
        ["drive", /^ {2}breaking/, false],
        ["drive", /pi3 mount/, false],
        ["wan", /^ {2}breaking/, true],
        ["cold", /^ {2}breaking/, true],
        ["cold", / SSH$/, true],
        ["cold", / first public 200$/, true],
        ["credential", / tunnel$/, true],
    ] as const) {
        it(`${drill}, at "${moment.source}": the mute ends at its time, and \`npm start\` converges`, async () => {
            const ends = await killedAt(drill, moment);
            const { stored } = await internetClient().workers();
            assert.ok(Number(stored["mute"] ?? 0) <= ends + 1000, stored["mute"]);
            const start = await rekindle("start");
            assert.equal(start.exit, 0, start.output);
            assert.deepEqual(promised(), []);
            const left = (await silences()).map(({ endsAt }) => Date.parse(endsAt));
            // What Alertmanager had not written to its disk went with the power.
            assert.ok(isDark || left.some((end) => Math.abs(end - ends) < 1000), left.join());
            assert.ok(left.every((end) => end <= ends + 1000), left.join());
            const { faults } = await internetClient().status();
            assert.deepEqual(faults, []);
        });
    }
});

describe("npm run drill", () => {
    for (const drill of ["cold", "drive"]) {
        it(`${drill} passes after all of these, and leaves nothing`, async () => {
            const run = await rekindle("drill", drill);
            assert.equal(run.exit, 0, run.output);
            assert.deepEqual(promised(), []);
        });
    }

    it("names the drills that there are", async () => {
        const run = await rekindle("drill", "clod");
        assert.equal(run.exit, 1);
        assert.match(run.output, /There is no drill "clod" here: use all, cold, seed/);
    });
});
