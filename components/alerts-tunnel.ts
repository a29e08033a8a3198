import { minute, type Alert, type AlertOptions } from "./alert";

/** As the program names it: `tunnel-cloudflared-1a2b3c4d`. Another cloudflared in the cluster has a namespace of its own. */
export const tunnelNamespace = 'namespace=~"tunnel-cloudflared-.+"';
/** Connectors of a scrape that adds no namespace are taken for the tunnel's. */
export const connectorMetric =
    'cloudflared_tunnel_ha_connections{namespace=~"(?:tunnel-cloudflared-.+)?"}';
/** Nothing while a connector is there; 0 when Kubernetes has none. */
export const noConnector = `sum(kube_deployment_status_replicas_available{${tunnelNamespace}}) == 0`;

export function tunnelAlerts({ replicas }: AlertOptions): Alert[] {
    const all = { group: "tunnel", noData: "KeepLast" } as const;
    // Each connector holds four (cloudflared's --ha-connections). MetricsMissing reports connectors that nobody scrapes.
    const connections = `sum(${connectorMetric})`;
    return [
        {
            ...all,
            name: "TunnelDown",
            severity: "critical",
            for: 3 * minute,
            expr: `${connections} or ${noConnector}`,
            comparison: "<",
            threshold: 1,
            summary: "The tunnel has no connection: nothing is reachable from outside",
        },
        {
            ...all,
            name: "TunnelDegraded",
            severity: "warning",
            for: 15 * minute,
            digits: 0,
            expr: connections,
            comparison: "<",
            threshold: 4 * replicas,
            summary: `The tunnel has {value} of ${4 * replicas} connections`,
        },
        {
            ...all,
            name: "CloudflaredReplicas",
            severity: "warning",
            for: 15 * minute,
            digits: 0,
            expr: `kube_deployment_spec_replicas{${tunnelNamespace}} - on (namespace, deployment) kube_deployment_status_replicas_available{${tunnelNamespace}}`,
            comparison: ">",
            threshold: 0,
            summary: "{value} of the tunnel's connectors do not run ({deployment})",
        },
        {
            ...all,
            name: "InitFailing",
            severity: "critical",
            for: 5 * minute,
            missingEvals: 5,
            // kube-state-metrics drops the reason between two back-offs.
            expr: `max by (namespace, pod, container) (max_over_time(kube_pod_init_container_status_waiting_reason{${tunnelNamespace},reason=~"CrashLoopBackOff|ImagePullBackOff|ErrImagePull|CreateContainerConfigError"}[5m]) or increase(kube_pod_init_container_status_restarts_total{${tunnelNamespace}}[15m]) >= bool 2)`,
            comparison: ">",
            threshold: 0,
            summary: "{pod}: its init container {container} does not get through",
            noData: "OK",
        },
        {
            ...all,
            name: "DnsRecordsFailing",
            severity: "warning",
            for: 0,
            noData: "OK",
            // Each job has a name of its own: one message for all that fail.
            expr: `max by (namespace, cronjob) (label_replace(kube_job_status_failed{${tunnelNamespace}}, "cronjob", "$1", "job_name", "(.+)-[^-]+"))`,
            comparison: ">",
            threshold: 0,
            summary:
                "{cronjob}: the DNS records are not kept right; the log of its last job says why",
        },
    ];
}
