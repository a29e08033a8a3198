import { slope, steady, type Case } from "./series";

const namespace = "tunnel-cloudflared-1a2b3c4d";
/** As a scrape by pod names has them; one of another cloudflared beside them, which counts for nothing. */
const connections = (first: number, second?: number) => ({
    'cloudflared_tunnel_ha_connections{pod="a"}': steady(first),
    ...(second === undefined
        ? {}
        : {
              [`cloudflared_tunnel_ha_connections{pod="b",namespace="${namespace}"}`]:
                  steady(second),
          }),
    'cloudflared_tunnel_ha_connections{pod="old",namespace="cloudflared"}': steady(4),
});
const replicas = (available: number, inNamespace = namespace) => {
    const labels = `{namespace="${inNamespace}",deployment="tunnel-cloudflared-5e6f"}`;
    return {
        [`kube_deployment_spec_replicas${labels}`]: steady(2),
        [`kube_deployment_status_replicas_available${labels}`]: steady(available),
    };
};
const init = (metric: string, value: string, more = "", inNamespace = namespace) => ({
    [`kube_pod_init_container_status_${metric}{namespace="${inNamespace}",pod="p",container="dns"${more}}`]:
        value,
});
const job = (value: number, inNamespace = namespace) => ({
    [`kube_job_status_failed{namespace="${inNamespace}",job_name="tunnel-dns-29"}`]: steady(value),
});

export const tunnelCases: Record<string, Case> = {
    TunnelDown: {
        firing: connections(0),
        // Kubernetes has none that could be scraped.
        alsoFiring: [replicas(0)],
        labels: {},
        summary: "The tunnel has no connection: nothing is reachable from outside",
        // Connectors that nobody scrapes are no outage.
        quiet: [connections(1), connections(4, 4), {}, replicas(2)],
    },
    TunnelDegraded: {
        firing: connections(4, 3),
        labels: {},
        summary: "The tunnel has 7 of 8 connections",
        quiet: [connections(4, 4), connections(4, 5), {}, replicas(2)],
    },
    CloudflaredReplicas: {
        firing: replicas(1),
        labels: { namespace, deployment: "tunnel-cloudflared-5e6f" },
        summary: "1 of the tunnel's connectors do not run (tunnel-cloudflared-5e6f)",
        quiet: [replicas(2), replicas(3), replicas(0, "git")],
    },
    InitFailing: {
        firing: init("waiting_reason", steady(1), ',reason="ImagePullBackOff"'),
        alsoFiring: [init("restarts_total", slope(0, 0.2))],
        labels: { namespace, pod: "p", container: "dns" },
        summary: "p: its init container dns does not get through",
        quiet: [
            init("waiting_reason", steady(1), ',reason="PodInitializing"'),
            init("waiting_reason", steady(1), ',reason="CrashLoopBackOff"', "git"),
            // One restart in a quarter of an hour is none to tell of.
            init("restarts_total", slope(0, 1 / 15)),
        ],
    },
    DnsRecordsFailing: {
        firing: job(1),
        labels: { namespace, cronjob: "tunnel-dns" },
        summary: "tunnel-dns: the DNS records are not kept right; the log of its last job says why",
        quiet: [job(0), job(1, "backup")],
    },
};
