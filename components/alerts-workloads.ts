import { hour, minute, unready, withNode, type Alert } from "./alert";
import { tunnelNamespace } from "./alerts-tunnel";

export function workloadAlerts(): Alert[] {
    const all = { group: "workloads", noData: "OK", missingEvals: 5 } as const;
    const waiting = (kind: string, reasons: string) =>
        `max_over_time(kube_pod_${kind}_status_waiting_reason{reason=~"${reasons}"}[5m])`;
    const pulls = "ImagePullBackOff|ErrImagePull|InvalidImageName";
    const by = "max by (namespace, pod, container)";
    const crashing = waiting("container", "CrashLoopBackOff");
    const unpulled = `(${waiting("container", pulls)} or ${waiting("init_container", pulls)})`;
    /** Pods, without those that another alert or NodeNotReady reports. */
    const alone = [
        `${crashing} > 0`,
        `${unpulled} > 0`,
        `kube_pod_info and on (node) (${unready} == 1)`,
    ]
        .map((other) => `unless on (namespace, pod) (${other})`)
        .join(" ");
    return [
        {
            ...all,
            name: "CrashLoop",
            severity: "warning",
            for: 15 * minute,
            expr: `${by} (${crashing})`,
            comparison: ">",
            threshold: 0,
            summary: "{namespace}/{pod}: {container} starts and fails again and again",
        },
        {
            ...all,
            name: "ImagePull",
            severity: "warning",
            for: 15 * minute,
            expr: `${by} ${unpulled}`,
            comparison: ">",
            threshold: 0,
            summary: "{namespace}/{pod}: the image of {container} cannot be pulled",
        },
        {
            ...all,
            name: "PodNotReady",
            severity: "warning",
            for: 15 * minute,
            // No node, no volume, a secret that is missing, an init container that fails, a readiness probe: whatever keeps it. One that has
            // ended is not ready either. The tunnel's pods have alerts of their own.
            expr:
                `max by (namespace, pod) (kube_pod_status_phase{phase=~"Pending|Unknown",${notTunnel}} == 1 or kube_pod_status_ready{condition="false",${notTunnel}} == 1) ` +
                `unless on (namespace, pod) (kube_pod_status_phase{phase=~"Succeeded|Failed"} == 1) ${alone}`,
            comparison: "any",
            summary: "{namespace}/{pod}: it does not run, or is not ready",
        },
        {
            ...all,
            name: "PodRestarting",
            severity: "warning",
            for: 0,
            digits: 0,
            // Too seldom for a back-off: out of memory every 20 minutes, say. After a boot of the node nothing can be said for two hours.
            expr:
                `${by} (increase(kube_pod_container_status_restarts_total[2h])) unless on (namespace, pod) (${crashing} > 0) ` +
                `unless on (namespace, pod) (kube_pod_info and on (node) label_replace((time() - node_boot_time_seconds ${withNode}) < 7200, "node", "$1", "nodename", "(.+)"))`,
            comparison: ">",
            // Five restarts: Prometheus makes a little more of a counter's steps.
            threshold: 4.5,
            summary: "{namespace}/{pod}: {container} was started {value} times again in two hours",
        },
    ];
}

const notTunnel = tunnelNamespace.replace("=~", "!~");

export function controlPlaneAlerts(): Alert[] {
    const all = { group: "control-plane", noData: "KeepLast" } as const;
    return [
        ...(["warning", "critical"] as const).map((severity): Alert => {
            const warning = severity === "warning";
            return {
                ...{ ...all, severity, for: hour, digits: 0 },
                name: warning ? "K3sCertWarn" : "K3sCert",
                expr: 'min by (instance, subject) (k3s_certificate_expiration_seconds{usages!~".*CertSign.*"}) / 86400',
                comparison: "<",
                threshold: warning ? 30 : 7,
                summary: "{instance}: a certificate of k3s ends in {value} days; restart k3s",
            };
        }),
        {
            ...all,
            name: "KineSlow",
            severity: "warning",
            for: 15 * minute,
            expr: "histogram_quantile(0.99, sum by (le) (rate(kine_sql_time_seconds_bucket[10m])))",
            comparison: ">",
            threshold: 1,
            summary: "k3s's datastore is slow: 1 in 100 queries takes {value} s or more",
        },
        {
            ...all,
            name: "DbSize",
            severity: "warning",
            for: hour,
            digits: 2,
            expr: "max(apiserver_storage_size_bytes) / 1e9",
            comparison: ">",
            threshold: 1,
            summary: "k3s's datastore has grown to {value} GB",
        },
        // Only where k3s has etcd of its own, which several servers need; elsewhere both find nothing.
        {
            ...all,
            name: "EtcdNoLeader",
            severity: "critical",
            for: 5 * minute,
            expr: "min by (instance) (etcd_server_has_leader)",
            comparison: "==",
            threshold: 0,
            summary: "{instance}: etcd has no leader, so Kubernetes takes no change",
        },
        {
            ...all,
            name: "EtcdSize",
            severity: "warning",
            for: hour,
            digits: 2,
            expr: "max by (instance) (etcd_mvcc_db_total_size_in_bytes) / 1e9",
            comparison: ">",
            threshold: 1.5,
            summary: "{instance}: etcd has grown to {value} GB; at 2 GB it takes no change",
        },
    ];
}
