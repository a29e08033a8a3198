import assert from "node:assert/strict";
import { readCounter } from "../../lab/counter";
import { piNamed, ssh } from "../../lab/ssh";
import { askGrafana } from "../../lab/house-grafana";
import { internetClient } from "../../lab/internet-client";
import { secondsOf } from "../../lab/grafana/durations";
import type { Rule } from "../../lab/grafana/store";
import { kube, rekindle, toldSince, until, verb, type Told } from "./lab";

const internet = internetClient();
const root = async (pi: string, command: string) =>
    ssh(piNamed(pi), ["sudo", "-n", "sh", "-s"], { input: command });
const summary = ({ alert, is }: Told) => `${alert} ${is}`;

/** Leaves so much of k3s's volume on a Pi free, in percent of it. */
const fill = async (pi: string, percent: number) =>
    root(
        pi,
        `set -- $(df -B1 --output=size,avail /var/lib/rancher | tail -n 1)
        fallocate -l $(($2 - $1 * ${percent} / 100)) /var/lib/rancher/filler-${percent}`,
    );

/** Kubernetes' own time until it sees a node gone, in seconds. */
const unseen: Readonly<Record<string, number>> = { NodeNotReady: 50 };

/** Seconds from a fault to its message at the latest, by the rule's own settings, and a minute more. */
async function worstCase(alert: string): Promise<number> {
    const rules = await askGrafana<Rule[]>("/api/v1/provisioning/alert-rules");
    const rule = rules.find(({ title }) => title === alert);
    const [scrape, evaluation] = [5, 10];
    const waits = [rule?.for, rule?.notification_settings?.group_wait].map(
        (text) => secondsOf(text ?? "") ?? NaN,
    );
    const metric = scrape + (unseen[alert] ?? 0);
    return waits.reduce((sum, wait) => sum + wait, metric + evaluation) + 60;
}

describe("a message for every real problem", () => {
    let begin: number;
    const told = async () => toldSince(begin);
    /** Waits for a message within the rule's own worst case. @returns it */
    const awaited = async (alert: string, is: Told["is"] = "firing") => {
        const limit = await worstCase(alert);
        const since = Date.now();
        const message = await until(`${alert} ${is}`, limit, async () =>
            (await told()).find((one) => one.alert === alert && one.is === is),
        );
        const seconds = Math.round((Date.now() - since) / 1000);
        console.log(`        ${alert} ${is}: ${seconds} s, at most ${limit} s`);
        return message;
    };
    /** Exactly these, each once. */
    const assertTold = async (...expected: readonly string[]) => {
        const all = await told();
        const texts = all.map(({ text }) => text).join("\n\n");
        assert.deepEqual(all.map(summary).sort(), [...expected].sort(), texts);
    };
    beforeEach(async () => {
        begin = (await internet.messages()).length;
    });

    it("a volume that fills, a connector less, a token that was revoked; a Pi that is off, then without its drive", async () => {
        const namespace = await namespaceOf();
        const [tunnel = ""] = await names(namespace, "deployments");
        const [cron = ""] = await names(namespace, "cronjobs");
        // As the CronJob names its own, which may run meanwhile too.
        const job = `${cron.split("/")[1] ?? ""}-${Date.now()}`;
        const pi = await piWithoutConnector(namespace);
        await fill("pi1", 10);
        await kube("scale", "-n", namespace, tunnel, "--replicas=1");
        await verb("rotate", "dns-token");
        await verb("revoke", "dns-token");
        await kube("create", "-n", namespace, "job", job, `--from=${cron}`);
        // On a Pi that goes off it would never fail.
        const failed = ["--for=condition=Failed", `job/${job}`, "--timeout=60s"];
        await kube("wait", "-n", namespace, ...failed);
        const counted = await readCounter(piNamed(pi));
        await verb("power", "off", pi);

        const warning = await awaited("K3sDataWarn");
        assert.match(warning.text, /^⚠️ .*\npi1: k3s's volume has 10\.0 % left/);
        assert.match(warning.text, /\/runbooks\/K3sDataWarn$/);
        assert.ok(warning.silent);
        await fill("pi1", 7);
        const off = await awaited("NodeNotReady");
        assert.match(off.text, new RegExp(`^🔥 .*\n${pi}: Kubernetes has not heard of it`));
        const degraded = await awaited("TunnelDegraded");
        assert.match(degraded.text, /4 of 8 connections/);
        const dns = await awaited("DnsRecordsFailing");
        assert.match(dns.text, /^⚠️ .*\ntunnel-dns-\w+: the DNS records are not kept right/);
        await awaited("K3sDataFilling");
        await verb("drive", "pull", pi);
        await verb("power", "on", pi);
        const critical = await awaited("K3sDataLow");
        assert.match(critical.text, /^🔥 .*\npi1: k3s's volume has 7\.0 % left/);
        assert.ok(!critical.silent);
        assert.equal(await evicted(), "");
        const pulled = await awaited("K3sDataNotMounted");
        assert.match(pulled.text, new RegExp(`^🔥 .*\n${pi}: k3s's volume is not mounted`));
        await assertNothingOnCard(pi);

        await root("pi1", "rm /var/lib/rancher/filler-*");
        await verb("drive", "plug", pi);
        assert.match(await root(pi, "systemctl is-active k3s-agent || true"), /^inactive/);
        await root(pi, "systemctl start k3s-agent");
        await kube("scale", "-n", namespace, tunnel, "--replicas=2");
        const up = await rekindle("up");
        assert.equal(up.exit, 0, up.output);
        const since = await readCounter(piNamed(pi));
        assert.ok(since.whole && since.kept >= counted.told, JSON.stringify({ counted, since }));
        // They are kept for 20 minutes.
        await kube("delete", "-n", namespace, "jobs", "--all");
        const volume = ["K3sDataWarn", "K3sDataLow", "K3sDataFilling"];
        const others = ["TunnelDegraded", "DnsRecordsFailing", "NodeNotReady", "K3sDataNotMounted"];
        for (const alert of [...volume, ...others]) {
            await awaited(alert, "resolved");
        }
        await assertTold(
            ...[...volume, ...others].flatMap((alert) => [`${alert} firing`, `${alert} resolved`]),
        );
    });

    it("Prometheus away: that, and nothing else", async () => {
        // A target that goes while nobody looks counts as down for five minutes, longer than this pace waits.
        await until(
            "all targets to answer",
            60,
            async () => (await targetsDown()) === 0 || undefined,
        );
        await kube("scale", "-n", "monitoring", "deployment/prometheus", "--replicas=0");
        await awaited("PrometheusDown");
        await kube("scale", "-n", "monitoring", "deployment/prometheus", "--replicas=1");
        await awaited("PrometheusDown", "resolved");
        await assertTold("PrometheusDown firing", "PrometheusDown resolved");
    });
});

const labels = "app.kubernetes.io/name=cloudflared";

/** How many targets do not answer Prometheus. */
async function targetsDown(): Promise<number> {
    const service = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy";
    const text = await kube("get", "--raw", `${service}/api/v1/query?query=up%3D%3D0`);
    const { data } = JSON.parse(text) as { data: { result: readonly unknown[] } };
    return data.result.length;
}

async function namespaceOf(): Promise<string> {
    const column = ["--no-headers", "-o", "custom-columns=A:.metadata.namespace"];
    return (await kube("get", "deployments", "-A", "-l", labels, ...column)).trim();
}

async function names(namespace: string, kind: string): Promise<string[]> {
    return (await kube("get", "-n", namespace, kind, "-o", "name")).split("\n");
}

/** While its drive is missing, a Pi answers SSH, k3s stays down, and nothing lands on the card. */
async function assertNothingOnCard(pi: string): Promise<void> {
    const folder = "/var/lib/rancher";
    assert.match(await root(pi, "systemctl is-active k3s-agent || true"), /^inactive/);
    assert.equal(await root(pi, `ls -A ${folder}`), "");
    assert.match(await root(pi, `touch ${folder}/anything 2>&1 || true`), /not permitted/);
}

/** What the kubelet has evicted, one line each. */
async function evicted(): Promise<string> {
    return kube("get", "events", "-A", "--field-selector=reason=Evicted", "-o", "name");
}

/** Moves connectors away from pi3: with one of them the tunnel would be degraded too, until it runs elsewhere. */
async function piWithoutConnector(namespace: string): Promise<string> {
    await kube("cordon", "pi3");
    const there = ["-n", namespace, "-l", labels, "--field-selector=spec.nodeName=pi3"];
    await kube("delete", "pods", ...there, "--wait=true");
    await kube("wait", "-n", namespace, "--for=condition=Available", "deployment", "-l", labels);
    await kube("uncordon", "pi3");
    return "pi3";
}
