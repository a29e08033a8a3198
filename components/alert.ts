/** How the value of the expression is compared with the threshold; `any` means that each series it leaves is a finding. */
export type Comparison = "<" | ">" | "==" | "any";
/** `heartbeat` never reaches people: it tells the dead man's switch that alerting is alive. */
export type Severity = "critical" | "warning" | "heartbeat";
/** What an alert is when its query finds nothing: fine, itself a reason for a message, or as it was. */
export type NoData = "OK" | "NoData" | "KeepLast";
/** Rules of one group are evaluated together, and shown together in Grafana. */
export type AlertGroup =
    "storage" | "nodes" | "tunnel" | "workloads" | "control-plane" | "monitoring";

export interface Alert {
    /** Unique; also the file name of its runbook. Another name is another alert: Grafana forgets the state of the old one. */
    readonly name: string;
    readonly group: AlertGroup;
    readonly severity: Severity;
    /** PromQL without the comparison. */
    readonly expr: string;
    readonly comparison: Comparison;
    /** In the unit of the expression; nothing with `any`. */
    readonly threshold?: number;
    /** Seconds that it must hold before the message goes out. */
    readonly for: number;
    /** What people read, at most 110 characters: `{label}` stands for a label of the series, `{value}` for its value. */
    readonly summary: string;
    /** One decimal is shown of `{value}`, or as many as this says. */
    readonly digits?: number;
    readonly noData: NoData;
    /**
     * What the alert does when Prometheus cannot be asked. One canary says so; all others keep quiet about it.
     * @default "KeepLast"
     */
    readonly execError?: "Alerting" | "OK";
    /** Evaluations after which a series that is gone counts as mended: pods go with their names. @default Grafana's own, 2 */
    readonly missingEvals?: number;
}

/** When a kubelet helps itself, in percent of a file system that are free. */
export interface KubeletLimits {
    /** Below it, it deletes images that no pod uses. */
    readonly collects: number;
    /** Below it, it evicts pods. */
    readonly evicts: number;
}

/** Where homes differ. */
export interface AlertOptions {
    /** Mount points of the external drives, e.g. `/mnt/external`. */
    readonly drives: readonly string[];
    /** The Pis whose volume is watched, by their names in Kubernetes and the addresses that they are reached at. */
    readonly volumes: readonly { readonly name: string; readonly address: string }[];
    /** Connector pods that the tunnel should have. */
    readonly replicas: number;
    /** What k3s's kubelets do by themselves. @default k3s's own settings */
    readonly kubelet?: KubeletLimits;
    /** Other thresholds than the list's, by the alert's name. */
    readonly thresholds: Readonly<Record<string, number>>;
    /** Names of alerts that this home does not want. @default none */
    readonly off?: readonly string[];
}

export const minute = 60;
export const hour = 60 * minute;

/** What tells one target from another, also where several sites are in one Prometheus. */
export const target = "instance, cluster";
/**
 * Adds the node's name, whatever the scrape calls the instance. One for each target: two jobs that scrape one exporter, or a pair of
 * Prometheus servers, would be an error that silences the rule for all nodes.
 */
export const withNode = `* on (${target}) group_left (nodename) topk by (${target}) (1, max by (${target}, nodename) (node_uname_info))`;
/** 1 for each node that Kubernetes takes for down; what runs on it needs no message of its own. */
export const unready = 'kube_node_status_condition{condition="Ready",status=~"false|unknown"}';
