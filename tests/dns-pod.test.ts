import assert from "node:assert/strict";
import { cloudflaredDeployment } from "../components/cloudflared-deployment";
import { dnsCronJob } from "../components/dns-pod";

const args = {
    images: { cloudflared: "cloudflared@sha256:1", node: "node@sha256:2" },
    dnsName: "dns-1",
    dnsTokenName: "dns-token-1",
    target: "id.cfargotunnel.com",
    apiUrl: "https://api.test/client/v4",
    clusterDns: ["10.43.0.10"],
};

interface Pod {
    readonly containers: readonly { readonly command: readonly string[] }[];
    readonly initContainers?: Pod["containers"];
    readonly tolerations: readonly { readonly key: string }[];
    readonly nodeSelector?: object;
    readonly affinity: object;
    readonly volumes: readonly { readonly name: string }[];
}
const podOf = (template: unknown) => (template as { spec: Pod }).spec;

describe("dnsCronJob", () => {
    const { jobTemplate, ...schedule } = dnsCronJob(args);
    const { template, ...job } = (jobTemplate as { spec: { template: unknown } }).spec;

    it("looks four times an hour, one run at a time, and forgets a failed one soon after the next", () => {
        assert.deepEqual(schedule, {
            schedule: "*/15 * * * *",
            concurrencyPolicy: "Forbid",
            startingDeadlineSeconds: 300,
            successfulJobsHistoryLimit: 1,
            failedJobsHistoryLimit: 1,
        });
        assert.deepEqual(job, {
            backoffLimit: 0,
            activeDeadlineSeconds: 300,
            ttlSecondsAfterFinished: 1200,
        });
    });

    it("runs where connectors run: on a tainted server too, and never on a 32-bit node", () => {
        const wishes = {
            tolerations: [{ key: "dedicated", operator: "Exists" as const }],
            nodeSelector: { disk: "ssd" },
        };
        const { jobTemplate: wished } = dnsCronJob({ ...args, ...wishes });
        const pods = {
            job: (wished as { spec: { template: unknown } }).spec.template,
            connector: cloudflaredDeployment({
                ...{ ...args, ...wishes, replicas: 1, selector: { matchLabels: {} } },
                ...{ priorityClassName: "p", configName: "c", credentialsName: "s" },
            }).template,
        };
        const gone = { operator: "Exists", effect: "NoExecute", tolerationSeconds: 30 };
        const arch = { key: "kubernetes.io/arch", operator: "In", values: ["amd64", "arm64"] };
        for (const [name, pod] of Object.entries(pods)) {
            const { tolerations, nodeSelector, affinity } = podOf(pod);
            assert.deepEqual(
                tolerations,
                [
                    { key: "node-role.kubernetes.io/control-plane", operator: "Exists" },
                    { key: "CriticalAddonsOnly", operator: "Exists" },
                    { key: "dedicated", operator: "Exists" },
                    { key: "node.kubernetes.io/not-ready", ...gone },
                    { key: "node.kubernetes.io/unreachable", ...gone },
                ],
                name,
            );
            assert.deepEqual(nodeSelector, { disk: "ssd" }, name);
            const term = { nodeSelectorTerms: [{ matchExpressions: [arch] }] };
            assert.deepEqual(
                affinity,
                { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: term } },
                name,
            );
        }
    });

    it("still leaves a node that is gone after 30 s when its owner tolerates another effect of that", () => {
        for (const effect of ["NoSchedule", "PreferNoSchedule"] as const) {
            const own = {
                key: "node.kubernetes.io/not-ready",
                operator: "Exists" as const,
                effect,
            };
            const { jobTemplate: wished } = dnsCronJob({ ...args, tolerations: [own] });
            const { template: pod } = (wished as { spec: { template: unknown } }).spec;
            const gone = { ...own, effect: "NoExecute", tolerationSeconds: 30 };
            assert.deepEqual(
                podOf(pod).tolerations.filter(({ key }) => key === own.key),
                [own, gone],
            );
        }
    });

    it("lets its owner say how long pods stay on a node that is gone", () => {
        const own = { key: "node.kubernetes.io/not-ready", operator: "Exists" as const };
        const { jobTemplate: wished } = dnsCronJob({ ...args, tolerations: [own] });
        const { tolerations } = podOf((wished as { spec: { template: unknown } }).spec.template);
        assert.deepEqual(
            tolerations.filter(({ key }) => key === own.key),
            [own],
        );
    });

    it("runs the connectors' own script with the connectors' own files, in the mode that tells", () => {
        const connector = podOf(
            cloudflaredDeployment({
                ...{ ...args, replicas: 1, selector: { matchLabels: {} } },
                ...{ priorityClassName: "p", configName: "c", credentialsName: "s" },
            }).template,
        );
        const pod = podOf(template);
        const [ensure] = connector.initContainers ?? [];
        const [keep] = pod.containers;
        assert.deepEqual(keep, {
            ...ensure,
            command: ["node", "/etc/dns/dns.mjs", "keep", "/etc/dns/hosts.json"],
        });
        for (const volume of pod.volumes) {
            assert.deepEqual(
                volume,
                connector.volumes.find(({ name }) => name === volume.name),
            );
        }
    });
});
