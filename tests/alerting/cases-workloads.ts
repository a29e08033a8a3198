import { exporter, ready, size, slope, steady, uname, type Case } from "./series";

const container = (kind: string, reason: string, value = 1) => ({
    [`kube_pod_${kind}_status_waiting_reason{namespace="git",pod="git-0",container="git",reason="${reason}"}`]:
        steady(value),
});
const inPod = { namespace: "git", pod: "git-0", container: "git" };
const inGit = 'namespace="git",pod="git-0"';
const phase = (name: string, namespace = "git") => ({
    [`kube_pod_status_phase{namespace="${namespace}",pod="git-0",phase="${name}"}`]: steady(1),
});
const podReady = (is: boolean, value = 1) => ({
    [`kube_pod_status_ready{${inGit},condition="${String(is)}"}`]: steady(value),
});
const onPi1 = { [`kube_pod_info{${inGit},node="pi1"}`]: steady(1) };
const restarts = `kube_pod_container_status_restarts_total{${inGit},container="git"}`;
/** So many restarts at once, after two hours without. */
const restarted = (times: number) => `0+0x130 ${times}+0x300`;
const booted = (atMinute: number) => ({
    ...{ ...onPi1, ...uname },
    [`node_boot_time_seconds{${exporter}}`]: steady(60 * atMinute),
});
const certificate = (days: number, usages = "ServerAuth") => ({
    [`k3s_certificate_expiration_seconds{instance="10.0.0.11:10250",subject="CN=k3s",usages="${usages}"}`]:
        steady(days * 86_400),
});
const etcd = (metric: string, value: number) => ({
    [`etcd_${metric}{instance="10.0.0.11:2381"}`]: steady(value),
});
const onServer = { instance: "10.0.0.11:2381" };
/** One query in a hundred takes this many seconds, between 1 and 2. */
const kine = (seconds: number) => {
    const below = (99 - 100 * (seconds - 1)) / (1 - (seconds - 1));
    return {
        'kine_sql_time_seconds_bucket{le="1"}': slope(0, below),
        'kine_sql_time_seconds_bucket{le="2"}': slope(0, 100),
        'kine_sql_time_seconds_bucket{le="+Inf"}': slope(0, 100),
    };
};
export const workloadsCases: Record<string, Case> = {
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
    PodNotReady: {
        firing: { ...phase("Running"), ...podReady(false) },
        alsoFiring: [phase("Pending"), phase("Unknown"), { ...phase("Pending"), ...onPi1 }],
        labels: { namespace: "git", pod: "git-0" },
        summary: "git/git-0: it does not run, or is not ready",
        quiet: [
            { ...phase("Running"), ...podReady(true) },
            // A job's pod that has ended, and what other alerts report.
            { ...phase("Succeeded"), ...podReady(false) },
            { ...phase("Failed"), ...podReady(false) },
            {
                ...{ ...phase("Running"), ...podReady(false) },
                ...container("container", "CrashLoopBackOff"),
            },
            { ...phase("Pending"), ...container("container", "ErrImagePull") },
            { ...phase("Running"), ...podReady(false), ...onPi1, ...ready("unknown", 1) },
            phase("Pending", "tunnel-cloudflared-1a2b"),
            { ...phase("Running"), ...podReady(false, 0) },
        ],
    },
    PodRestarting: {
        firing: { [restarts]: restarted(5) },
        alsoFiring: [{ [restarts]: restarted(5), ...booted(0) }],
        labels: inPod,
        summary: "git/git-0: git was started 5 times again in two hours",
        quiet: [
            { [restarts]: restarted(4) },
            { [restarts]: steady(9) },
            { [restarts]: restarted(5), ...container("container", "CrashLoopBackOff") },
            // Its node boots at minute 100; promtool's clock begins at 0.
            { [restarts]: restarted(5), ...booted(100) },
        ],
        after: 131,
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
    EtcdNoLeader: {
        firing: etcd("server_has_leader", 0),
        labels: onServer,
        summary: "10.0.0.11:2381: etcd has no leader, so Kubernetes takes no change",
        // Neither 2 nor less than nothing is ever there: they hold the comparison.
        quiet: [etcd("server_has_leader", 1), etcd("server_has_leader", -1), {}],
    },
    EtcdSize: {
        firing: etcd("mvcc_db_total_size_in_bytes", 1.51e9),
        labels: onServer,
        summary: "10.0.0.11:2381: etcd has grown to 1.51 GB; at 2 GB it takes no change",
        quiet: [etcd("mvcc_db_total_size_in_bytes", 1.5e9), {}],
    },
};
