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
export async function killedAt(drill: string, moment: RegExp): Promise<number> {
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

/**
 * The mute that a killed drill left ends at its time, and `npm start` converges the house.
 * @param ends as `killedAt` returned it
 * @param silenced whether Grafana must still hold the mute: what Alertmanager had not written to its disk goes with its power
 * @returns how long `npm start` took, in seconds
 */
export async function assertConverges(ends: number, silenced: boolean): Promise<number> {
    const { stored, ahead } = await internetClient().workers();
    // The Workers' clock may have been turned by tests before this one.
    const quiet = Number(stored["mute"]) - ahead;
    const late = Math.abs(quiet - ends);
    assert.ok(late < 1000, `the switch is mute until ${quiet} instead of ${ends}`);
    const start = await rekindle("start");
    assert.equal(start.exit, 0, start.output);
    assert.deepEqual(promised(), []);
    const left = (await silences()).map(({ endsAt }) => Date.parse(endsAt));
    assert.ok(!silenced || left.some((end) => Math.abs(end - ends) < 1000), left.join());
    assert.ok(
        left.every((end) => end <= ends + 1000),
        left.join(),
    );
    const { faults } = await internetClient().status();
    assert.deepEqual(faults, []);
    return start.report.seconds;
}
