// What alerts are tried with: series as promtool reads them, and what those of several files share.

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
export const steady = (value: number) => `${value}+0x${length}`;
/** Grows, or shrinks, by a step each minute. */
export const slope = (from: number, step: number) =>
    `${from}${step < 0 ? "" : "+"}${step}x${length}`;

/** A second job that scrapes the same exporter, as beside a ServiceMonitor, and another site with the same addresses. */
export const scrapedTwice = {
    'node_uname_info{instance="10.0.0.11:9100",job="annotations",nodename="pi1"}': steady(1),
    'node_uname_info{instance="10.0.0.11:9100",job="node",cluster="cabin",nodename="cabin1"}':
        steady(1),
};

export const exporter = 'instance="10.0.0.11:9100",job="node"';
export const uname = { [`node_uname_info{${exporter},nodename="pi1"}`]: steady(1) };
export const onNode = { instance: "10.0.0.11:9100", nodename: "pi1" };

export const ready = (status: string, value: number) => ({
    [`kube_node_status_condition{condition="Ready",node="pi1",status="${status}"}`]: steady(value),
});
export const nodeInfo = { 'kube_node_info{node="pi1"}': steady(1) };
export const size = (bytes: number) => ({
    'apiserver_storage_size_bytes{instance="10.0.0.11:6443"}': steady(bytes),
});
