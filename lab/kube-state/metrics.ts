import type { V1Deployment, V1Job, V1Node, V1Pod } from "@kubernetes/client-node";

export interface Objects {
    readonly nodes: readonly V1Node[];
    readonly deployments: readonly V1Deployment[];
    readonly pods: readonly V1Pod[];
    readonly jobs: readonly V1Job[];
}

type Sample = readonly [metric: string, labels: Readonly<Record<string, string>>, value: number];

/** What kube-state-metrics exports of these objects, of the metrics that the alerts ask for and no other. */
export function metricsOf({ nodes, deployments, pods, jobs }: Objects): string {
    const samples = [
        ...nodes.flatMap(nodeSamples),
        ...deployments.flatMap(deploymentSamples),
        ...pods.flatMap(podSamples),
        ...jobs.map(({ metadata, status }): Sample => [
            "kube_job_status_failed",
            { namespace: metadata?.namespace ?? "", job_name: metadata?.name ?? "" },
            status?.failed ?? 0,
        ]),
    ];
    return samples.map(line).join("");
}

function nodeSamples({ metadata, status }: V1Node): Sample[] {
    const node = metadata?.name ?? "";
    const conditions = (status?.conditions ?? []).flatMap(({ type, status: is }) =>
        ["true", "false", "unknown"].map((value): Sample => [
            "kube_node_status_condition",
            { node, condition: type, status: value },
            is.toLowerCase() === value ? 1 : 0,
        ]),
    );
    return [["kube_node_info", { node }, 1], ...conditions];
}

function deploymentSamples({ metadata, spec, status }: V1Deployment): Sample[] {
    const labels = { namespace: metadata?.namespace ?? "", deployment: metadata?.name ?? "" };
    return [
        ["kube_deployment_spec_replicas", labels, spec?.replicas ?? 1],
        ["kube_deployment_status_replicas_available", labels, status?.availableReplicas ?? 0],
    ];
}

function podSamples({ metadata, spec, status }: V1Pod): Sample[] {
    const pod = { namespace: metadata?.namespace ?? "", pod: metadata?.name ?? "" };
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    const whole: Sample[] = [
        ["kube_pod_info", { ...pod, node: spec?.nodeName ?? "" }, 1],
        ["kube_pod_status_phase", { ...pod, phase: status?.phase ?? "Unknown" }, 1],
        // A pod that has no node yet has no such condition.
        ...(ready === undefined
            ? []
            : [
                  [
                      "kube_pod_status_ready",
                      { ...pod, condition: ready.status.toLowerCase() },
                      1,
                  ] as const,
              ]),
    ];
    const kinds = [
        ["kube_pod_container_status", status?.containerStatuses],
        ["kube_pod_init_container_status", status?.initContainerStatuses],
    ] as const;
    const each = kinds.flatMap(([metric, containers]) =>
        (containers ?? []).flatMap(({ name, state, restartCount }): Sample[] => {
            const labels = { ...pod, container: name };
            const reason = state?.waiting?.reason;
            return [
                [`${metric}_restarts_total`, labels, restartCount],
                ...(reason === undefined
                    ? []
                    : [[`${metric}_waiting_reason`, { ...labels, reason }, 1] as const]),
            ];
        }),
    );
    return [...whole, ...each];
}

function line([metric, labels, value]: Sample): string {
    const written = Object.entries(labels).map(
        ([name, text]) =>
            `${name}="${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`,
    );
    return `${metric}{${written.join(",")}} ${value}\n`;
}
