import { minute, unready, type Alert } from "./alert";
import { connectorMetric, noConnector } from "./alerts-tunnel";

const failed = "grafana_alerting_notifications_failed_total";

export function monitoringAlerts(): Alert[] {
    const all = { group: "monitoring", noData: "KeepLast" } as const;
    return [
        {
            ...all,
            name: "PrometheusDown",
            severity: "critical",
            // A restart of Prometheus, its node's too, is none to tell of.
            for: 5 * minute,
            // Never 0: it speaks when Prometheus cannot be asked, for all others, which keep quiet about it.
            expr: "vector(1)",
            comparison: "==",
            threshold: 0,
            execError: "Alerting",
            summary: "Prometheus does not answer Grafana: nothing else is watched meanwhile",
        },
        {
            ...all,
            name: "MetricsMissing",
            severity: "critical",
            for: 5 * minute,
            // The others keep their state when they find nothing: each of them would speak whenever Prometheus starts.
            expr: exporters
                .map(
                    ([what, metric, otherwise]) =>
                        `label_replace(absent(${metric})${otherwise}, "what", "${what}", "", "")`,
                )
                .join(" or "),
            comparison: "any",
            summary: "Prometheus has no metrics of {what}: what they tell is not watched",
            noData: "OK",
        },
        {
            ...all,
            name: "TargetDown",
            severity: "warning",
            for: 10 * minute,
            // What runs on a node that is down is told by NodeNotReady.
            expr: `up unless on (node) (${unready} == 1)`,
            comparison: "==",
            threshold: 0,
            summary: "{job} at {instance} does not answer Prometheus",
        },
        {
            ...all,
            name: "NotificationsFailing",
            severity: "warning",
            for: 0,
            // The counter exists only once something failed, and its first value is no increase.
            expr:
                `(sum by (integration) (increase(${failed}[30m])) > 0 or sum by (integration) (${failed}) unless sum by (integration) (${failed} offset 30m)) ` +
                'or label_replace(vector(0), "integration", "none", "", "")',
            comparison: ">",
            threshold: 0,
            summary: "Grafana could not deliver messages through {integration}",
        },
        {
            ...all,
            name: "RuleEvalFailing",
            severity: "warning",
            for: 0,
            // In how many of the last 20 minutes: while Prometheus was away all failed, and PrometheusDown told it.
            expr: "count_over_time((sum(rate(grafana_alerting_rule_evaluation_failures_total[5m])) > 0)[20m:1m]) or vector(0)",
            comparison: ">",
            threshold: 14,
            summary: "Grafana cannot evaluate some rules: what they watch is not watched",
        },
        {
            ...all,
            name: "PromBroken",
            severity: "warning",
            for: 10 * minute,
            noData: "OK",
            expr: "prometheus_config_last_reload_successful == 0 or increase(prometheus_tsdb_wal_corruptions_total[1h]) > 0",
            comparison: "any",
            summary: "Prometheus at {instance} has a broken configuration or broken data",
        },
        {
            ...all,
            name: "Watchdog",
            severity: "heartbeat",
            for: 0,
            noData: "OK",
            execError: "OK",
            expr: "vector(1)",
            comparison: "any",
            summary: "Always fires: the dead man's switch waits for it",
        },
    ];
}

/** Who brings the metrics that the list asks for, one that each always has, and when that is missing for another reason. */
const exporters = [
    ["node_exporter", "node_uname_info", ""],
    ["kube-state-metrics", "kube_node_info", ""],
    ["the API server", "apiserver_storage_size_bytes", ""],
    // Where Kubernetes has none, TunnelDown tells it.
    ["the connectors", connectorMetric, ` unless on () (${noConnector})`],
] as const;
