// Compares the running lab on a near and on a far uplink: an `up` that adds or removes a route, and a connector's pod that starts again.
// Run it as `npm run -s bench:uplink`, as root, after `npm start`.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import Table from "cli-table3";
import { bridge, gateway, internet, resolvers } from "../lab/facts";
import { isHouseRunning } from "../lab/house";
import { project } from "../lab/paths";
import { inNamespace, run } from "../lab/shell";
import { editedConfig, kube, rekindle, until } from "../tests/lab/lab";

/** Seconds there and back. */
const roundTrips = [0.02, 0.4];
const rounds = 2;
const table = "77";
const outside = [
    ...[internet.api.address, internet.edge.address, internet.telegram.address],
    ...resolvers,
];
const inside = async (...args: string[]) => run(...inNamespace(args[0] ?? "", args.slice(1)));
const median = (values: readonly number[]) =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** Sends all that goes to an address outside through a device that holds it back, until the function that is returned is called. */
async function farAway(roundTrip: number): Promise<() => Promise<void>> {
    const script = join(project, "tests/far-network.py");
    const far = spawn(...inNamespace("python3", [script, String(roundTrip)]));
    await once(far.stdout, "data");
    // What the operator's computer sends comes back from the device with an address of this very namespace.
    await inside("sysctl", "-qw", "net.ipv4.conf.far0.accept_local=1");
    await inside(
        "sysctl",
        "-qw",
        "net.ipv4.conf.far0.rp_filter=0",
        "net.ipv4.conf.all.rp_filter=0",
    );
    await inside("ip", "route", "add", "default", "dev", "far0", "src", gateway, "table", table);
    const rules = outside.flatMap((to) =>
        [bridge, "lo"].map((from) => ["pref", "1", "iif", from, "to", to, "lookup", table]),
    );
    for (const rule of rules) {
        await inside("ip", "rule", "add", ...rule);
    }
    return async () => {
        for (const rule of rules) {
            await inside("ip", "rule", "delete", ...rule);
        }
        far.kill();
        await once(far, "exit");
    };
}

async function secondsOf(what: () => Promise<unknown>): Promise<number> {
    const begun = performance.now();
    await what();
    return (performance.now() - begun) / 1000;
}

async function upWith(hostnames: readonly string[]): Promise<void> {
    const service = "http://git.git.svc.cluster.local:3000";
    const file = editedConfig((config) => {
        config["rekindle:routes"].push(...hostnames.map((hostname) => ({ hostname, service })));
    });
    const { exit, output } = await rekindle("up", "--config-file", file);
    if (exit !== 0) {
        throw new Error(output);
    }
}

/** A connector's pod ends, and the one in its place is Ready. */
async function restartPod(): Promise<void> {
    const label = "app.kubernetes.io/name=cloudflared";
    const ready = `jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}`;
    const pods = async () =>
        (await kube("get", "pods", "-A", "-l", label, "-o", ready)).split("\n");
    const before = (await pods()).map((line) => line.split(" ")[0] ?? "");
    const place = "custom-columns=A:.metadata.namespace,B:.metadata.name";
    const [one = ""] = (
        await kube("get", "pods", "-A", "-l", label, "--no-headers", "-o", place)
    ).split("\n");
    const [namespace = "", name = ""] = one.split(/ +/);
    await kube("delete", "pod", name, "-n", namespace, "--wait=false");
    await until("a new connector to be Ready", 300, async () => {
        const lines = await pods();
        const fresh = lines.filter((line) => !before.includes(line.split(" ")[0] ?? ""));
        return fresh.some((line) => line.endsWith(" True")) || undefined;
    });
}

async function main(): Promise<void> {
    if (!isHouseRunning()) {
        throw new Error("The lab is not running: `npm start` boots it. Nothing was measured.");
    }
    const results = [];
    for (const roundTrip of roundTrips) {
        const near = await farAway(roundTrip);
        const ups: number[] = [];
        const pods: number[] = [];
        try {
            for (let round = 0; round < rounds; round += 1) {
                ups.push(await secondsOf(() => upWith(["wiki.home.example"])));
                pods.push(await secondsOf(restartPod));
                ups.push(await secondsOf(() => upWith([])));
            }
        } finally {
            await near();
        }
        results.push({ roundTrip, up: median(ups), pod: median(pods) });
    }
    const [first] = results;
    const rows = new Table({
        head: ["round trip", "up, a route more or less", "ratio", "a pod, until Ready", "ratio"],
    });
    for (const { roundTrip, up, pod } of results) {
        const ratios = [up / (first?.up ?? NaN), pod / (first?.pod ?? NaN)];
        const [ofUp = "", ofPod = ""] = ratios.map((ratio) => ratio.toFixed(2));
        rows.push([
            `${roundTrip * 1000} ms`,
            `${up.toFixed(1)} s`,
            ofUp,
            `${pod.toFixed(1)} s`,
            ofPod,
        ]);
    }
    console.log(rows.toString());
}

void main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
});
