import type { Objects } from "./metrics";

/** As Prometheus' http_sd reads them. */
interface TargetGroup {
    readonly targets: readonly string[];
    readonly labels: Readonly<Record<string, string>>;
}

/** As the component names it: `tunnel-cloudflared-1a2b3c4d`. */
const tunnelNamespace = /^(.+-)?cloudflared(-.+)?$/;

/** What is to be scraped, by job: Debian's Prometheus is built without discovery in Kubernetes. */
export const targetsOf: Readonly<Record<string, (objects: Objects) => TargetGroup[]>> = {
    node: (objects) => nodesAt(objects, 9100),
    kubelet: (objects) => nodesAt(objects, 10250),
    cloudflared: ({ pods }) =>
        pods
            .filter(({ metadata }) => tunnelNamespace.test(metadata?.namespace ?? ""))
            .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
            // One that waits or has ended is told by the metrics of pods.
            .filter(({ status }) => status?.phase === "Running" && status.podIP !== undefined)
            .flatMap(({ metadata, spec, status }) =>
                (spec?.containers ?? [])
                    .flatMap(({ ports = [] }) => ports)
                    .filter(({ name }) => name === "metrics")
                    .map(({ containerPort }) => ({
                        targets: [`${status?.podIP ?? ""}:${containerPort}`],
                        labels: { node: spec?.nodeName ?? "", instance: metadata?.name ?? "" },
                    })),
            ),
};

function nodesAt({ nodes }: Objects, port: number): TargetGroup[] {
    return nodes.map(({ metadata, status }) => {
        const node = metadata?.name ?? "";
        const address = status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
        return { targets: [`${address ?? ""}:${port}`], labels: { node, instance: node } };
    });
}
