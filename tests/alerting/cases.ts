// What each alert is tried with: series that just make it fire and series that just do not, at the threshold itself.

/** Prometheus' notation for unit tests: each series with its values, one a minute. */
export type Series = Readonly<Record<string, string>>;

export interface Case {
    /** It fires with these, once its time is over. */
    readonly firing: Series;
    /** With these too, some time. @default none */
    readonly alsoFiring?: readonly Series[];
    /** The labels of the alert then, without `alertname` and `severity`. */
    readonly labels: Readonly<Record<string, string>>;
    readonly summary: string;
    /** It never fires with any of these. */
    readonly quiet: readonly Series[];
    /** Minutes that the expression itself needs before it finds anything. @default 0 */
    readonly after?: number;
}

/** Long enough for every `for` and every range. */
const length = 500;
const steady = (value: number) => `${value}+0x${length}`;
/** Grows, or shrinks, by a step each minute. */
const slope = (from: number, step: number) => `${from}${step < 0 ? "" : "+"}${step}x${length}`;

const exporter = 'instance="10.0.0.11:9100",job="node"';
const uname = { [`node_uname_info{${exporter},nodename="pi1"}`]: steady(1) };
const onNode = { instance: "10.0.0.11:9100", nodename: "pi1" };

function fileSystem(
    mount: string,
    percent: number,
    [part, all]: readonly [string, string] = ["avail_bytes", "size_bytes"],
) {
    const labels = `{${exporter},mountpoint="${mount}",fstype="ext4",device="/dev/x"}`;
    return {
        ...uname,
        [`node_filesystem_${part}${labels}`]: steady(percent),
        [`node_filesystem_${all}${labels}`]: steady(100),
    };
}

function free(
    mount: string,
    threshold: number,
    text: (value: string) => string,
    parts?: [string, string],
): Case {
    return {
        firing: fileSystem(mount, threshold - 0.1, parts),
        labels: { ...onNode, job: "node", mountpoint: mount, fstype: "ext4", device: "/dev/x" },
        summary: `pi1: ${text((threshold - 0.1).toFixed(1))}`,
        quiet: [fileSystem(mount, threshold, parts), fileSystem(mount, threshold + 1, parts)],
    };
}

const volume = "/var/lib/rancher";
const filling = (from: number, step: number) => ({
    ...uname,
    [`node_filesystem_avail_bytes{${exporter},mountpoint="${volume}"}`]: slope(from, step),
    [`node_filesystem_size_bytes{${exporter},mountpoint="${volume}"}`]: steady(100_000),
});
const readOnly = (kind: string, mount: string, value: number) => ({
    ...uname,
    [`node_filesystem_${kind}{${exporter},mountpoint="${mount}",fstype="ext4"}`]: steady(value),
});

const storage: Record<string, Case> = {
    K3sDataLow: free(volume, 8, (v) => `k3s's volume has ${v} % left; at 5 % pods are evicted`),
    K3sDataWarn: free(
        volume,
        12,
        (v) => `k3s's volume has ${v} % left although unused images were deleted`,
    ),
    K3sDataFilling: {
        // 50,400 a day.
        firing: filling(39_000, -35),
        labels: { ...onNode, job: "node", mountpoint: volume },
        summary: "pi1: k3s's volume is full within a day if it goes on like this",
        quiet: [
            filling(45_000, -35),
            filling(20_000, 0),
            filling(39_000, -1),
            // Half a byte, and it stays.
            filling(0.5, 0),
        ],
        after: 1,
    },
    K3sDataInodes: free(volume, 10, (v) => `k3s's volume has ${v} % of its inodes left`, [
        "files_free",
        "files",
    ]),
    K3sDataNotMounted: {
        firing: uname,
        labels: { ...onNode, job: "node" },
        summary: "pi1: k3s's volume is not mounted, so k3s does not run there",
        quiet: [fileSystem(volume, 50)],
    },
    RootWarn: free("/", 15, (v) => `the card has ${v} % left`),
    RootLow: free("/", 8, (v) => `the card has ${v} % left; at 5 % pods are evicted`),
    DriveLow: free("/mnt/external", 5, (v) => `the drive at /mnt/external has ${v} % left`),
    ReadOnly: {
        firing: readOnly("readonly", volume, 1),
        labels: { ...onNode, mountpoint: volume },
        summary: "pi1: /var/lib/rancher can no longer be written or read",
        // No exporter gives 2: it holds the comparison.
        quiet: [
            readOnly("readonly", "/", 0),
            readOnly("device_error", "/", 2),
            readOnly("readonly", "/snap/core", 1),
        ],
    },
};

const ready = (status: string, value: number) => ({
    [`kube_node_status_condition{condition="Ready",node="pi1",status="${status}"}`]: steady(value),
});
const nodeInfo = { 'kube_node_info{node="pi1"}': steady(1) };
const hot = (degrees: number) => ({
    ...uname,
    [`node_thermal_zone_temp{${exporter},type="cpu-thermal",zone="0"}`]: steady(degrees),
});
const clock = (synced: number, offset: number) => ({
    ...uname,
    [`node_timex_sync_status{${exporter}}`]: steady(synced),
    [`node_timex_offset_seconds{${exporter}}`]: steady(offset),
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

const nodes: Record<string, Case> = {
    NodeNotReady: {
        firing: ready("unknown", 1),
        labels: { node: "pi1" },
        summary: "pi1: Kubernetes has not heard of it, or k3s does not run there",
        quiet: [ready("false", 0), ready("true", 1), ready("unknown", 2)],
    },
    NodeUnmonitored: {
        firing: nodeInfo,
        labels: { node: "pi1" },
        summary: "pi1: node_exporter does not answer, so nothing watches its disks",
        quiet: [
            { ...nodeInfo, ...uname },
            { ...nodeInfo, ...ready("unknown", 1) },
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
        quiet: [clock(1, 0.5), clock(1, 0)],
    },
    MemoryLow: {
        firing: memory(7.9),
        labels: { ...onNode, job: "node" },
        summary: "pi1: 7.9 % of its memory is free",
        quiet: [memory(8), memory(50)],
    },
};

const namespace = "tunnel-cloudflared-1a2b3c4d";
const connections = (first: number, second?: number) => ({
    'cloudflared_tunnel_ha_connections{pod="a"}': steady(first),
    ...(second === undefined
        ? {}
        : { 'cloudflared_tunnel_ha_connections{pod="b"}': steady(second) }),
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

const tunnel: Record<string, Case> = {
    TunnelDown: {
        firing: {},
        labels: {},
        summary: "The tunnel has no connection: nothing is reachable from outside",
        quiet: [connections(1), connections(4, 4)],
    },
    TunnelDegraded: {
        firing: connections(4, 3),
        labels: {},
        summary: "The tunnel has 7 of 8 connections",
        quiet: [connections(4, 4), connections(4, 5)],
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
        summary: "tunnel-dns: the DNS records could not be checked; is dnsToken still good?",
        quiet: [job(0), job(1, "backup")],
    },
};

const container = (kind: string, reason: string, value = 1) => ({
    [`kube_pod_${kind}_status_waiting_reason{namespace="git",pod="git-0",container="git",reason="${reason}"}`]:
        steady(value),
});
const inPod = { namespace: "git", pod: "git-0", container: "git" };
const certificate = (days: number, usages = "ServerAuth") => ({
    [`k3s_certificate_expiration_seconds{instance="10.0.0.11:10250",subject="CN=k3s",usages="${usages}"}`]:
        steady(days * 86_400),
});
/** One query in a hundred takes this many seconds, between 1 and 2. */
const kine = (seconds: number) => {
    const below = (99 - 100 * (seconds - 1)) / (1 - (seconds - 1));
    return {
        'kine_sql_time_seconds_bucket{le="1"}': slope(0, below),
        'kine_sql_time_seconds_bucket{le="2"}': slope(0, 100),
        'kine_sql_time_seconds_bucket{le="+Inf"}': slope(0, 100),
    };
};
const size = (bytes: number) => ({
    'apiserver_storage_size_bytes{instance="10.0.0.11:6443"}': steady(bytes),
});

const workloads: Record<string, Case> = {
    CrashLoop: {
        firing: container("container", "CrashLoopBackOff"),
        labels: inPod,
        summary: "git/git-0: git starts and fails again and again",
        quiet: [
            container("container", "ContainerCreating"),
            container("container", "CrashLoopBackOff", 0),
        ],
    },
    ImagePull: {
        firing: container("init_container", "ErrImagePull"),
        labels: inPod,
        summary: "git/git-0: the image of git cannot be pulled",
        quiet: [
            container("container", "CrashLoopBackOff"),
            container("container", "ErrImagePull", 0),
        ],
    },
    K3sCertWarn: {
        firing: certificate(29.9),
        labels: { instance: "10.0.0.11:10250", subject: "CN=k3s" },
        summary: "10.0.0.11:10250: a certificate of k3s ends in 30 days; restart k3s",
        quiet: [certificate(30), certificate(300), certificate(1, "KeyUsageCertSign")],
    },
    K3sCert: {
        firing: certificate(6.9),
        labels: { instance: "10.0.0.11:10250", subject: "CN=k3s" },
        summary: "10.0.0.11:10250: a certificate of k3s ends in 7 days; restart k3s",
        quiet: [certificate(7), certificate(300), certificate(1, "KeyUsageCertSign")],
    },
    KineSlow: {
        firing: kine(1.06),
        labels: {},
        summary: "k3s's datastore is slow: 1 in 100 queries takes 1.1 s or more",
        quiet: [kine(1)],
        after: 1,
    },
    DbSize: {
        firing: size(1.01e9),
        labels: {},
        summary: "k3s's datastore has grown to 1.01 GB",
        quiet: [size(1e9), size(5e8)],
    },
};

const up = (value: number) => ({
    'up{job="node",instance="10.0.0.11:9100",node="pi1"}': steady(value),
});
const prometheus = (reload: number, corruptions: string) => ({
    'prometheus_config_last_reload_successful{instance="p:9090"}': steady(reload),
    'prometheus_tsdb_wal_corruptions_total{instance="p:9090"}': corruptions,
});

const monitoring: Record<string, Case> = {
    TargetDown: {
        firing: up(0),
        labels: { job: "node", instance: "10.0.0.11:9100", node: "pi1" },
        summary: "node at 10.0.0.11:9100 does not answer Prometheus",
        quiet: [up(1), { ...up(0), ...ready("unknown", 1) }],
    },
    MetricsMissing: {
        firing: { ...uname, ...size(1) },
        labels: { what: "kube-state-metrics" },
        summary: "Prometheus has no metrics of kube-state-metrics: what they tell is not watched",
        quiet: [{ ...uname, ...size(1), ...nodeInfo }],
    },
    NotificationsFailing: {
        firing: {
            'grafana_alerting_notifications_failed_total{integration="telegram"}': slope(0, 0.02),
        },
        labels: { integration: "telegram" },
        summary: "Grafana could not deliver messages through telegram",
        quiet: [
            {},
            { 'grafana_alerting_notifications_failed_total{integration="telegram"}': steady(7) },
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

/** All but PrometheusDown, which speaks when there is no Prometheus to test it with. */
export const cases: Readonly<Record<string, Case>> = {
    ...storage,
    ...nodes,
    ...tunnel,
    ...workloads,
    ...monitoring,
};
