import { exporter, nodeInfo, onNode, ready, steady, uname, type Case } from "./series";

const hot = (degrees: number) => ({
    ...uname,
    [`node_thermal_zone_temp{${exporter},type="cpu-thermal",zone="0"}`]: steady(degrees),
});
const clock = (synced: number, offset: number, error = 16) => ({
    ...uname,
    [`node_timex_sync_status{${exporter}}`]: steady(synced),
    [`node_timex_offset_seconds{${exporter}}`]: steady(offset),
    [`node_timex_maxerror_seconds{${exporter}}`]: steady(error),
});
const pressure = (condition: string, status: string, value = 1) => ({
    [`kube_node_status_condition{node="pi1",condition="${condition}",status="${status}"}`]:
        steady(value),
});
const memory = (percent: number) => ({
    ...uname,
    [`node_memory_MemAvailable_bytes{${exporter}}`]: steady(percent),
    [`node_memory_MemTotal_bytes{${exporter}}`]: steady(100),
});
const undervoltage = (value: number) => ({
    ...uname,
    [`node_hwmon_in_lcrit_alarm_volts{${exporter},chip="soc:firmware_raspberrypi_hwmon",sensor="in0"}`]:
        steady(value),
});

export const nodesCases: Record<string, Case> = {
    NodeNotReady: {
        firing: ready("unknown", 1),
        labels: { node: "pi1" },
        summary: "pi1: Kubernetes has not heard of it, or k3s does not run there",
        quiet: [ready("false", 0), ready("true", 1), ready("unknown", 2)],
    },
    NodeUnmonitored: {
        firing: nodeInfo,
        alsoFiring: [
            // Another machine, whose target has no port in its name.
            { ...nodeInfo, 'node_uname_info{instance="nas",nodename="nas"}': steady(1) },
        ],
        labels: { node: "pi1" },
        summary: "pi1: node_exporter does not answer, so nothing watches its disks",
        quiet: [
            { ...nodeInfo, ...uname },
            // k3s calls it otherwise than its host: by its address, with IPv6 too, and by the target's own label.
            ...[
                ["10.0.0.11", 'instance="10.0.0.11:9100",nodename="raspberrypi"'],
                ["fd00::11", 'instance="[fd00::11]:9100",nodename="raspberrypi"'],
                ["10.0.0.11", 'instance="a",nodename="Pi1",node="pi1"'],
            ].map(([address = "", labels = ""]) => ({
                [`kube_node_info{node="pi1",internal_ip="${address}"}`]: steady(1),
                [`node_uname_info{${labels}}`]: steady(1),
            })),
            { ...nodeInfo, ...ready("unknown", 1) },
        ],
    },
    NodePressure: {
        firing: pressure("DiskPressure", "true"),
        labels: { node: "pi1", condition: "DiskPressure" },
        summary: "pi1: DiskPressure, so Kubernetes ends pods there and starts none",
        // Less than nothing is never there: it holds the comparison.
        quiet: [
            pressure("DiskPressure", "true", 0),
            pressure("DiskPressure", "true", -1),
            pressure("Ready", "true"),
        ],
    },
    Undervoltage: {
        firing: undervoltage(0.001),
        labels: onNode,
        summary: "pi1: the power supply or its cable is too weak",
        quiet: [undervoltage(0)],
    },
    HotWarn: {
        firing: hot(80.1),
        labels: onNode,
        summary: "pi1: 80.1 °C; it slows down soon",
        quiet: [hot(80), hot(60)],
    },
    Hot: {
        firing: hot(85.1),
        labels: onNode,
        summary: "pi1: 85.1 °C; it runs slowly to survive",
        quiet: [hot(85), hot(60)],
    },
    ClockUnsynced: {
        firing: clock(1, -0.51),
        alsoFiring: [clock(0, 0)],
        labels: { ...onNode, job: "node" },
        summary: "pi1: its clock is not synchronised; TLS fails when it is off",
        // chrony without rtcsync.
        quiet: [clock(1, 0.5), clock(1, 0), clock(0, 0, 0.2)],
    },
    MemoryLow: {
        firing: memory(7.9),
        labels: { ...onNode, job: "node" },
        summary: "pi1: 7.9 % of its memory is free",
        quiet: [memory(8), memory(50)],
    },
};
