import { minute, target, unready, withNode, type Alert } from "./alert";

export function nodeAlerts(): Alert[] {
    const all = { group: "nodes", noData: "KeepLast" } as const;
    return [
        {
            ...all,
            name: "NodeNotReady",
            severity: "critical",
            for: 5 * minute,
            expr: `max by (node) (${unready})`,
            comparison: "==",
            threshold: 1,
            summary: "{node}: Kubernetes has not heard of it, or k3s does not run there",
        },
        {
            ...all,
            name: "NodeUnmonitored",
            severity: "warning",
            for: 10 * minute,
            noData: "OK",
            // A node that is down is told by NodeNotReady alone.
            // k3s may call it otherwise than its host is called: then its address or the target's own label is the same.
            expr: `kube_node_info ${[
                'on (node) label_replace(node_uname_info, "node", "$1", "nodename", "(.+)")',
                "on (node) node_uname_info",
                `on (internal_ip) label_replace(node_uname_info{instance=~".+:[0-9]+"}, "internal_ip", "$1", "instance", "\\\\[?(.+?)\\\\]?:[0-9]+")`,
                `on (node) (${unready} == 1)`,
            ]
                .map((there) => `unless ${there}`)
                .join(" ")}`,
            comparison: "any",
            summary: "{node}: node_exporter does not answer, so nothing watches its disks",
        },
        {
            ...all,
            name: "NodePressure",
            severity: "warning",
            for: 5 * minute,
            noData: "OK",
            expr: 'max by (node, condition) (kube_node_status_condition{condition=~".+Pressure",status="true"})',
            comparison: ">",
            threshold: 0,
            summary: "{node}: {condition}, so Kubernetes ends pods there and starts none",
        },
        {
            ...all,
            name: "Undervoltage",
            severity: "warning",
            for: 0,
            noData: "KeepLast",
            // 0.001 when raised (node_exporter 1.5).
            expr: `max by (${target}) (max_over_time(node_hwmon_in_lcrit_alarm_volts[15m])) ${withNode}`,
            comparison: ">",
            threshold: 0,
            summary: "{nodename}: the power supply or its cable is too weak",
        },
        ...(["warning", "critical"] as const).map((severity): Alert => {
            const warning = severity === "warning";
            return {
                ...{ ...all, severity, noData: "KeepLast" },
                name: warning ? "HotWarn" : "Hot",
                for: (warning ? 10 : 5) * minute,
                expr: `max by (${target}) (node_thermal_zone_temp{type=~"cpu.*"}) ${withNode}`,
                comparison: ">",
                threshold: warning ? 80 : 85,
                summary: `{nodename}: {value} °C; ${warning ? "it slows down soon" : "it runs slowly to survive"}`,
            };
        }),
        {
            ...all,
            name: "ClockUnsynced",
            severity: "warning",
            for: 15 * minute,
            noData: "OK",
            // A Pi has no clock of its own: TLS breaks after a cold start until it is set. chrony without rtcsync leaves the status at 0; the
            // error that the kernel takes for possible reaches 16 s only where nobody sets the clock.
            expr: `(min_over_time(node_timex_sync_status[10m]) == 0 and node_timex_maxerror_seconds >= 16 or abs(node_timex_offset_seconds) > 0.5) ${withNode}`,
            comparison: "any",
            summary: "{nodename}: its clock is not synchronised; TLS fails when it is off",
        },
        {
            ...all,
            name: "MemoryLow",
            severity: "warning",
            for: 15 * minute,
            // k3s leaves the kubelet no memory eviction: the kernel kills something instead.
            expr: `100 * node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes ${withNode}`,
            comparison: "<",
            threshold: 8,
            summary: "{nodename}: {value} % of its memory is free",
        },
    ];
}
