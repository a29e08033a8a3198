import type { types } from "@pulumi/kubernetes";

/** On which nodes the tunnel's pods may run, besides what holds for every home. */
export interface NodeWishes {
    /** Further taints that they tolerate. @default none */
    readonly tolerations?: readonly Toleration[] | undefined;
    /** Labels that a node must have. @default none */
    readonly nodeSelector?: Readonly<Record<string, string>> | undefined;
}

export interface Toleration {
    readonly key?: string | undefined;
    readonly operator?: "Exists" | "Equal" | undefined;
    readonly value?: string | undefined;
    readonly effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute" | undefined;
    /** Seconds. */
    readonly tolerationSeconds?: number | undefined;
}

/** A node that is gone: Kubernetes' own default of 300 s would be a long outage. */
const gone = ["not-ready", "unreachable"].map((condition) => ({
    key: `node.kubernetes.io/${condition}`,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds: 30,
}));

/** Servers that are kept free of workloads: a lone survivor must be able to run all. The second is k3s's own way to say so. */
const reserved = ["node-role.kubernetes.io/control-plane", "CriticalAddonsOnly"].map((key) => ({
    key,
    operator: "Exists",
}));

/** Says where a pod of the tunnel runs: the connectors and the DNS job alike, or one of them would be missing where the other is. */
export function placement({ tolerations = [], nodeSelector = {} }: NodeWishes) {
    return {
        tolerations: [
            ...reserved,
            ...tolerations,
            ...gone.filter(({ key }) => !isOwn(key, tolerations)),
        ],
        ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector }),
        affinity,
    };
}

/** Whether somebody says how long a pod stays on a node that is gone. */
const isOwn = (key: string, tolerations: readonly Toleration[]) =>
    tolerations.some(
        (own) => own.key === key && (own.effect === undefined || own.effect === "NoExecute"),
    );

/** Neither image is made for 32 bits: on such a node a pod would wait for its image for ever. */
const affinity: types.input.core.v1.Affinity = {
    nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
                {
                    matchExpressions: [
                        { key: "kubernetes.io/arch", operator: "In", values: ["amd64", "arm64"] },
                    ],
                },
            ],
        },
    },
};
