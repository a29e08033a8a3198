import { nodeInfo, ready, size, slope, steady, uname, type Case } from "./series";

const up = (value: number) => ({
    'up{job="node",instance="10.0.0.11:9100",node="pi1"}': steady(value),
});
const connectors = { 'cloudflared_tunnel_ha_connections{pod="a"}': steady(4) };
const prometheus = (reload: number, corruptions: string) => ({
    'prometheus_config_last_reload_successful{instance="p:9090"}': steady(reload),
    'prometheus_tsdb_wal_corruptions_total{instance="p:9090"}': corruptions,
});

export const monitoringCases: Record<string, Case> = {
    TargetDown: {
        firing: up(0),
        labels: { job: "node", instance: "10.0.0.11:9100", node: "pi1" },
        summary: "node at 10.0.0.11:9100 does not answer Prometheus",
        quiet: [up(1), { ...up(0), ...ready("unknown", 1) }],
    },
    MetricsMissing: {
        firing: { ...uname, ...size(1), ...connectors },
        labels: { what: "kube-state-metrics" },
        summary: "Prometheus has no metrics of kube-state-metrics: what they tell is not watched",
        quiet: [
            { ...uname, ...size(1), ...nodeInfo, ...connectors },
            // TunnelDown tells it.
            {
                ...{ ...uname, ...size(1), ...nodeInfo },
                'kube_deployment_status_replicas_available{namespace="tunnel-cloudflared-1a"}':
                    steady(0),
            },
        ],
    },
    NotificationsFailing: {
        firing: {
            'grafana_alerting_notifications_failed_total{integration="telegram"}': slope(0, 0.02),
        },
        labels: { integration: "telegram" },
        summary: "Grafana could not deliver messages through telegram",
        // The counter's first value is a failure too: it begins with one.
        alsoFiring: [
            {
                'grafana_alerting_notifications_failed_total{integration="telegram"}':
                    "_x50 1+0x400",
            },
        ],
        quiet: [
            {},
            { 'grafana_alerting_notifications_failed_total{integration="telegram"}': steady(0) },
        ],
        after: 1,
    },
    RuleEvalFailing: {
        firing: { grafana_alerting_rule_evaluation_failures_total: slope(0, 0.02) },
        labels: {},
        summary: "Grafana cannot evaluate some rules: what they watch is not watched",
        quiet: [
            {},
            { grafana_alerting_rule_evaluation_failures_total: steady(7) },
            { grafana_alerting_rule_evaluation_failures_total: `0+1x9 ${steady(9)}` },
        ],
        after: 15,
    },
    PromBroken: {
        firing: prometheus(0, steady(0)),
        alsoFiring: [prometheus(1, slope(0, 0.01))],
        labels: { instance: "p:9090" },
        summary: "Prometheus at p:9090 has a broken configuration or broken data",
        quiet: [prometheus(1, steady(3))],
    },
    Watchdog: {
        firing: {},
        labels: {},
        summary: "Always fires: the dead man's switch waits for it",
        quiet: [],
    },
};
