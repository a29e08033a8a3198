import assert from "node:assert/strict";
import { list } from "./promtool";
import { until } from "../wait";
import { startWorld, type Metrics } from "./world";

/** What each exporter always has, so that nothing counts as missing. */
const well: Metrics = {
    'node_uname_info{instance="a",nodename="pi1"}': 1,
    'node_filesystem_size_bytes{instance="a",mountpoint="/var/lib/rancher",fstype="ext4"}': 100,
    'node_filesystem_avail_bytes{instance="a",mountpoint="/var/lib/rancher",fstype="ext4"}': 60,
    'node_memory_MemAvailable_bytes{instance="a"}': 50,
    'node_memory_MemTotal_bytes{instance="a"}': 100,
    'kube_node_info{node="pi1"}': 1,
    apiserver_storage_size_bytes: 1,
    'cloudflared_tunnel_ha_connections{pod="a"}': 4,
    'cloudflared_tunnel_ha_connections{pod="b"}': 4,
};

const hostile = ["<b>", "&amp;", '\\"quoted\\"', "🎉🏳️‍🌈", "x".repeat(500), "</i>", "{{ . }}"];
/** 50 pods of one alert, with names that a careless template would fall over. */
const storm = Array.from({ length: 50 }, (_, i): [string, number] => {
    const labels = `namespace="a",pod="${hostile[i % hostile.length] ?? ""}-${i}",container="c"`;
    return [`kube_pod_container_status_waiting_reason{${labels},reason="CrashLoopBackOff"}`, 1];
});
/** Five more alerts that begin at the same moment. */
const bad: Metrics = {
    'node_memory_MemAvailable_bytes{instance="a"}': 1,
    'cloudflared_tunnel_ha_connections{pod="a"}': 0,
    'cloudflared_tunnel_ha_connections{pod="b"}': 0,
    'kube_node_status_condition{condition="Ready",node="pi1",status="false"}': 1,
    'node_thermal_zone_temp{instance="a",type="cpu-thermal"}': 90,
};

const expected = [
    ...["CrashLoop", "Hot", "HotWarn", "MemoryLow", "NodeNotReady", "TunnelDegraded"],
    "TunnelDown",
];

describe("alerts that begin all at once, from a metric to the chat", function () {
    this.timeout(240_000);
    let world: Awaited<ReturnType<typeof startWorld>>;
    const texts = () => world.messages().map(({ text }) => text);
    before(async () => {
        // The others have their own waits, one after the other, and are tried by promtool.
        world = await startWorld(list.filter(({ name }) => expected.includes(name)));
        world.set({ ...well, ...bad, ...Object.fromEntries(storm) });
        await until("all messages", 210, () => texts().length >= 7 || undefined, texts);
    });
    after(async () => world.close());

    it("come in messages of their own, each once, none refused for their number", () => {
        const names = texts().map((text) => text.split(" ")[1] ?? "");
        assert.deepEqual(names.sort(), expected);
    });

    it("come as a storm of 50 with hostile labels in one message that Telegram takes", () => {
        const text = texts().find((one) => one.includes("CrashLoop")) ?? "";
        assert.match(text, /^⚠️ CrashLoop 50 firing\n/);
        assert.match(text, /… and others\nhttps:\/\/runbooks\.example\/CrashLoop$/);
    });

    it("make a sound only where it is critical", () => {
        const loud = world.messages().filter(({ silent }) => !silent);
        assert.deepEqual(loud.map(({ text }) => text.split(" ")[1] ?? "").sort(), [
            "Hot",
            "NodeNotReady",
            "TunnelDown",
        ]);
    });
});
