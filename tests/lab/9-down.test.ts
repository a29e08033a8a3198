import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readCounter } from "../../lab/counter";
import type { DnsRecord } from "../../lab/cloudflare/store";
import { pis, zone } from "../../lab/facts";
import { internetClient } from "../../lab/internet-client";
import { describe as describeTraces, traces } from "../../lab/leftovers";
import { dotLab, project, runRoot, stackConfigFile } from "../../lab/paths";
import { piProcess } from "../../lab/pi";
import { piNamed, ssh } from "../../lab/ssh";
import { editedConfig, kube, rekindle, until } from "./lab";

const internet = internetClient();
const root = (name: string, command: string) =>
    ssh(piNamed(name), ["sudo", "-n", "sh", "-s"], { input: command });

describe("npm run destroy", () => {
    /** What the cluster holds beside the stack's own: kind, name and the id that a copy would not have. */
    async function objects(): Promise<string[]> {
        const kinds = "nodes,namespaces,deployments,daemonsets,services,configmaps,secrets";
        const column =
            "custom-columns=A:.kind,B:.metadata.namespace,C:.metadata.name,D:.metadata.uid";
        const lines = await kube("get", kinds, "-A", "--no-headers", "-o", column);
        return lines
            .split("\n")
            .filter((line) => !line.includes("tunnel"))
            .map((line) => line.replaceAll(/ +/g, " ")) // as wide as the widest name of that moment
            .sort();
    }
    let held: string[];
    let foreign: DnsRecord[];
    let added: string;

    before("a record of somebody else", async () => {
        held = await objects();
        const others = { type: "A", name: "others.home.example", content: "192.0.2.9" };
        const { id } = await internet.addRecord({ zoneId: zone.id, ...others });
        added = id;
        foreign = (await internet.records()).filter(
            ({ comment }) => comment !== "rekindle:rekindle/dev tunnel=dev",
        );
    });
    after(() => internet.removeRecord(added));

    it("leaves no tunnel and no record of its own, and the foreign one as it was", async () => {
        const destroyed = await rekindle("destroy");
        assert.equal(destroyed.exit, 0, destroyed.output);
        const tunnels = await internet.tunnels();
        assert.deepEqual(
            tunnels.filter((tunnel) => tunnel.deleted_at === null),
            [],
        );
        assert.ok(foreign.length > 0);
        assert.deepEqual(await internet.records(), foreign);
    });

    it("brings k3s's data back to the cards: every object is there, every counted write is kept", async () => {
        assert.deepEqual(await objects(), held);
        for (const pi of pis) {
            assert.doesNotMatch(await root(pi.name, "cat /etc/fstab"), /pi-volume/);
            assert.equal(await root(pi.name, "findmnt -rn /var/lib/rancher || true"), "");
            const { whole, kept, told } = await readCounter(pi);
            assert.ok(whole && told > 0 && kept >= told, JSON.stringify({ kept, told }));
        }
    });

    it("after it, a preview that would import the deleted tunnel says that it was deleted", async () => {
        const [deleted] = await internet.tunnels();
        const importing = editedConfig((config) => {
            config["rekindle:tunnel"].import = deleted?.id ?? "";
        });
        const preview = await rekindle("preview", "--config-file", importing);
        assert.notEqual(preview.exit, 0);
        assert.match(preview.output, /was deleted at .* and no connector can join it/);
    });
});

describe("npm run down", () => {
    before("a converged house", async () => {
        const up = await rekindle("up");
        assert.equal(up.exit, 0, up.output);
    });

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
