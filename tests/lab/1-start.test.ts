import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { internetClient } from "../../lab/internet-client";
import { dotLab } from "../../lab/paths";
import { labSecrets } from "../../lab/secrets";
import { editedConfig, kube, rekindle, type Ran } from "./lab";

/** How many requests came while something ran; it runs again when the house's own CronJob, which asks too, ran beside it. */
async function askedBy<T>(what: () => Promise<T>): Promise<{ result: T; asked: number }> {
    const columns = "custom-columns=NAME:.metadata.name,ACTIVE:.status.active";
    const jobs = async () => kube("get", "jobs", "-A", "--no-headers", "-o", columns);
    const count = async () => (await internetClient().requests()).length;
    const [before, begun] = [await count(), await jobs()];
    const result = await what();
    const [asked, ended] = [(await count()) - before, await jobs()];
    const beside = ended !== begun || / 1$/m.test(ended);
    return asked > 0 && beside ? askedBy(what) : { result, asked };
}

describe("npm start", () => {
    let first: Ran;

    before("on a machine without a lab", async function () {
        // A machine that has never run the lab compiles Kubernetes first: 6 minutes on idle cores, 14 were seen on busy ones.
        this.timeout(45 * 60_000);
        const gone = await rekindle("down");
        assert.equal(gone.exit, 0, gone.output);
        first = await rekindle("start");
    });

    it("converges the stack and exits 0", () => {
        assert.equal(first.exit, 0, first.output);
        assert.ok((first.report.steps?.create ?? 0) > 10, first.output);
    });

    it("shows the tunnel healthy, the record, and 200 through the edge", () => {
        assert.deepEqual(
            first.report.checks.map((check) => [check.name, check.ok]),
            [
                ["up", true],
                ["tunnel dev", true],
                ["record git.home.example", true],
                ["GET https://git.home.example/", true],
                ...["pi1", "pi2", "pi3"].map((pi) => [`volume ${pi}`, true]),
                // Each Pi's volume was switched while a pod wrote and synced all along.
                ...["pi1", "pi2", "pi3"].map((pi) => [`counter ${pi}`, true]),
                ...["test message", "alert rules", "alerts made by hand", "heartbeat"].map(
                    (name) => [name, true],
                ),
            ],
        );
        assert.match(first.output, /tunnel dev +healthy, 8 connections/);
        assert.match(first.output, /✅ Rekindle can reach this chat: alerts of the stack dev come/);
        assert.match(first.output, /storage +10 +5 +none/);
        assert.match(first.output, /alerting-heartbeat-\w+ +webhook +https:\/\/rekindle-dev\.lab/);
        assert.match(first.output, /GET https:\/\/git\.home\.example\/ +200 in/);
    });

    it("names the engine, its version, and which providers are stand-ins", () => {
        const { engine, version, providers } = first.report;
        assert.equal(engine, "pulumi");
        assert.match(version ?? "", /^3\.\d+\.\d+$/);
        assert.ok(providers);
        assert.equal(providers.kubernetes, "real");
        const names = ["cloudflare", "command", "grafana", "kubernetes"];
        assert.deepEqual(Object.keys(providers).sort(), names);
        assert.match(first.output, /stand-in/);
    });

    it("changes nothing the second time", async () => {
        const second = await rekindle("start");
        assert.equal(second.exit, 0, second.output);
        const { create, update, replace, delete: deleted } = second.report.steps ?? {};
        assert.deepEqual([create, update, replace, deleted], [0, 0, 0, 0], second.output);
        console.log(`        the second start took ${second.report.seconds.toFixed(0)} s`);
    });

    it("previews an edited route as exactly that change, and asks Cloudflare nothing", async () => {
        const edited = editedConfig((config) => {
            config["rekindle:routes"][0] = {
                hostname: "git.home.example",
                service: "http://git.git.svc.cluster.local:8080",
            };
        });
        const { result: preview, asked } = await askedBy(async () =>
            rekindle("preview", "--config-file", edited),
        );
        assert.equal(preview.exit, 0, preview.output);
        // The component's own arguments, its ConfigMap (a new name), and the Deployment that mounts it.
        assert.deepEqual(
            (preview.report.changes ?? [])
                .map(({ op, urn }) => `${op} ${urn.split("::").pop() ?? ""}`)
                .sort(),
            ["replace tunnel-config", "update tunnel", "update tunnel-cloudflared"],
        );
        assert.match(preview.output, /svc\.cluster\.local:3000/);
        assert.match(preview.output, /svc\.cluster\.local:8080/);
        assert.equal(asked, 0);
    });

    it("refuses a wrong configuration with every mistake, and changes nothing", async () => {
        const wrong = editedConfig((config) => {
            config["rekindle:accountId"] = "mine";
            config["rekindle:routes"].push({
                hostname: "git.evilhome.example",
                service: "http://x.x",
            });
        });
        const up = await rekindle("up", "--config-file", wrong);
        assert.notEqual(up.exit, 0);
        assert.match(up.output, /2 mistakes in the configuration/);
        assert.match(up.output, /rekindle:accountId: "mine" is not/);
        assert.match(
            up.output,
            /rekindle:routes\[1\]\.hostname: "git\.evilhome\.example" is in none/,
        );
        const { create, update, replace, delete: deleted } = up.report.steps ?? {};
        assert.deepEqual([create, update, replace, deleted], [0, 0, 0, 0], up.output);
    });

    // `up` refuses by the same check, as it does a mistake in the configuration.
    it("preview refuses a house that would not come back, with the circle, and changes nothing", async () => {
        const circular = editedConfig((config) => {
            const { cloudflared } = config["rekindle:images"];
            const node = `git.home.example/dns:1@sha256:${"0".repeat(64)}`;
            config["rekindle:images"] = { cloudflared, node };
        });
        const run = await rekindle("preview", "--config-file", circular);
        assert.equal(run.exit, 1);
        assert.match(run.output, /^ {2}tunnel → image git\.home\.example\/dns → git → tunnel$/m);
        assert.match(run.output, /run the script inline from a ConfigMap/);
        assert.deepEqual(run.report.changes ?? [], []);
        console.log(`        refused after ${run.report.seconds.toFixed(1)} s`);
    });

    it("ends a preview with what it does to the house, alone and in Markdown for a pull request", async () => {
        const edited = editedConfig((config) => {
            config["rekindle:tunnel"].replicas = 1;
        });
        const preview = await rekindle("preview", "--config-file", edited, "--markdown");
        assert.equal(preview.exit, 0, preview.output);
        assert.match(preview.output, /^### What this change does to the house$/m);
        const impact = preview.report.impact ?? [];
        assert.ok(impact.length > 0 && impact.every(({ label }) => label !== "data at risk"));
        const smaller = editedConfig((config) => {
            const [node] = config["rekindle:nodes"];
            if (node) {
                node.volume.size = "1GiB";
            }
        });
        const refused = await rekindle("preview", "--config-file", smaller);
        assert.equal(refused.exit, 1);
        assert.match(
            refused.output,
            /data at risk +update +PiVolume volume-pi1 +a volume does not/,
        );
        assert.match(refused.output, /The worst: data at risk, by 1 of \d+ steps\./);
    });

    it("writes no secret in plain into what it leaves, and prints none", () => {
        const secrets = labSecrets();
        const files = readdirSync(dotLab, { recursive: true, withFileTypes: true }).filter(
            (entry) => entry.isFile(),
        );
        const texts = files.map((file) => readFileSync(join(file.parentPath, file.name), "utf8"));
        for (const secret of [
            ...[secrets.cloudflareToken, secrets.dnsToken, secrets.tunnelSecret],
            ...[secrets.telegramToken, secrets.heartbeatSecret, secrets.grafanaAuth],
        ]) {
            for (const form of [
                secret,
                Buffer.from(secret).toString("base64"),
                encodeURIComponent(secret),
            ]) {
                assert.ok(!first.output.includes(form));
                assert.ok(texts.every((text) => !text.includes(form)));
            }
        }
        assert.ok(texts.length >= 3);
    });
});
