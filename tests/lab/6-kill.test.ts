import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { internetClient } from "../../lab/internet-client";
import { project } from "../../lab/paths";
import { stackPlace } from "../../lab/stack-place";
import { editedConfig, kube, outcome, rekindle, until } from "./lab";

interface Logged {
    readonly resourcePreEvent?: {
        readonly metadata: { readonly op: string; readonly urn: string };
    };
}

/** A command of the lab, in a process group of its own. */
function begin(...args: string[]) {
    const child = spawn("sh", ["lab/run.sh", ...args], { cwd: project, detached: true });
    const ended = outcome(child);
    return {
        ended,
        end: (signal: "SIGKILL" | "SIGINT") => process.kill(-(child.pid ?? 0), signal),
    };
}

/** Waits until Pulumi begins a step, such as `create` of `kubernetes:apps/v1:Deployment`. */
async function begun(op: string, type: string): Promise<true> {
    const log = join(stackPlace().stateFolder, "events.json");
    return until(`${op} ${type} to begin`, 180, async () => {
        const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n").slice(0, -1) : [];
        const steps = lines.map((line) => (JSON.parse(line) as Logged).resourcePreEvent?.metadata);
        const found = steps.some((step) => step?.op === op && step.urn.includes(`${type}::`));
        return Promise.resolve(found || undefined);
    });
}

const named = async (kind: string) =>
    (await kube("get", kind, "-A", "-o", "name"))
        .split("\n")
        .filter((each) => /\/tunnel-/.test(each));

// Each test ends a run where a thing exists and the state does not know it, or the other way round.
describe("a run of Pulumi that is ended", function () {
    this.timeout(600_000);

    async function converges(command: "up" | "destroy" = "up"): Promise<string> {
        const { exit, output, report } = await rekindle(command);
        assert.equal(exit, 0, output);
        assert.ok(
            report.checks.every(({ ok }) => ok),
            JSON.stringify(report.checks),
        );
        return output;
    }

    it("killed while it deletes the Deployment: the next destroy ends it", async () => {
        const { ended, end } = begin("destroy");
        await begun("delete", "kubernetes:apps/v1:Deployment");
        end("SIGKILL");
        await ended;
        assert.match(
            await converges("destroy"),
            /killed and left its lock: running `pulumi cancel`/,
        );
        assert.deepEqual(await named("deployments"), []);
    });

    it("killed while it waits for the new Deployment: the next up has one, and no second", async () => {
        const { ended, end } = begin("up");
        await begun("create", "kubernetes:apps/v1:Deployment");
        await until("the Deployment", 60, async () => (await named("deployments"))[0]);
        end("SIGKILL");
        await ended;
        const output = await converges();
        assert.match(output, /killed and left its lock: running `pulumi cancel`/);
        assert.match(output, /killed while it created something: running `pulumi refresh`/);
        assert.equal((await named("deployments")).length, 1);
        assert.equal((await named("namespaces")).length, 1);
        const tunnels = (await internetClient().tunnels()).filter(
            (each) => each.deleted_at === null,
        );
        assert.equal(tunnels.length, 1);
    });

    it("interrupted with Ctrl-C while the Deployment rolls out: the next up converges", async () => {
        const more = editedConfig((config) => {
            config["rekindle:tunnel"].replicas = 3;
        });
        const { ended, end } = begin("up", "--config-file", more);
        await begun("update", "kubernetes:apps/v1:Deployment");
        end("SIGINT");
        const { exit, output } = await ended;
        assert.notEqual(exit, 0, output);
        await converges();
        assert.equal((await named("deployments")).length, 1);
    });
});
