import assert from "node:assert/strict";
import type { V1Deployment, V1Job, V1Node, V1Pod } from "@kubernetes/client-node";
import { metricsOf } from "../lab/kube-state/metrics";
import { targetsOf } from "../lab/kube-state/targets";

const none = { nodes: [], pods: [], deployments: [], jobs: [] };
const metadata = { namespace: "git", name: "git-0" };

describe("the stand-in for kube-state-metrics", () => {
    it("tells each condition of a node in its three values", () => {
        const conditions = [{ type: "Ready", status: "Unknown" }];
        const node = { metadata: { name: "pi1" }, status: { conditions } } as unknown as V1Node;
        assert.equal(
            metricsOf({ ...none, nodes: [node] }),
            'kube_node_info{node="pi1"} 1\n' +
                'kube_node_status_condition{node="pi1",condition="Ready",status="true"} 0\n' +
                'kube_node_status_condition{node="pi1",condition="Ready",status="false"} 0\n' +
                'kube_node_status_condition{node="pi1",condition="Ready",status="unknown"} 1\n',
        );
    });

    it("tells where a pod is, how far it is, and whether it is ready", () => {
        const conditions = [{ type: "Ready", status: "False" }];
        const status = { phase: "Running", conditions };
        const pod = { metadata, spec: { nodeName: "pi1" }, status } as unknown as V1Pod;
        const labels = 'namespace="git",pod="git-0"';
        assert.equal(
            metricsOf({ ...none, pods: [pod] }),
            `kube_pod_info{${labels},node="pi1"} 1\n` +
                `kube_pod_status_phase{${labels},phase="Running"} 1\n` +
                `kube_pod_status_ready{${labels},condition="false"} 1\n`,
        );
    });

    it("tells why a container waits, and only then", () => {
        const waiting = { waiting: { reason: "CrashLoopBackOff" } };
        const pod = {
            metadata,
            status: {
                containerStatuses: [{ name: "git", restartCount: 3, state: waiting }],
                initContainerStatuses: [{ name: "dns", restartCount: 0, state: { running: {} } }],
            },
        } as unknown as V1Pod;
        const labels = 'namespace="git",pod="git-0",container';
        const lines = metricsOf({ ...none, pods: [pod] }).split(/^(?=kube_pod_container)/m);
        assert.equal(
            lines.slice(1).join(""),
            `kube_pod_container_status_restarts_total{${labels}="git"} 3\n` +
                `kube_pod_container_status_waiting_reason{${labels}="git",reason="CrashLoopBackOff"} 1\n` +
                `kube_pod_init_container_status_restarts_total{${labels}="dns"} 0\n`,
        );
    });

    it("tells replicas and failed jobs, and takes what is not there yet for none", () => {
        const deployment = { metadata, spec: { replicas: 2 } } as unknown as V1Deployment;
        const job = { metadata, status: { failed: 1 } } as unknown as V1Job;
        assert.equal(
            metricsOf({ ...none, deployments: [deployment], jobs: [job] }),
            'kube_deployment_spec_replicas{namespace="git",deployment="git-0"} 2\n' +
                'kube_deployment_status_replicas_available{namespace="git",deployment="git-0"} 0\n' +
                'kube_job_status_failed{namespace="git",job_name="git-0"} 1\n',
        );
    });

    it("escapes what a label may not hold", () => {
        const node = { metadata: { name: 'a"b\\c' } } as unknown as V1Node;
        assert.equal(
            metricsOf({ ...none, nodes: [node] }),
            'kube_node_info{node="a\\"b\\\\c"} 1\n',
        );
    });
});

describe("the targets that Debian's Prometheus is told", () => {
    const connector = (name: string, changes: object = {}, phase = "Running") =>
        ({
            metadata: { namespace: "tunnel-cloudflared-1a2b", name, ...changes },
            spec: {
                nodeName: "pi1",
                containers: [{ name: "c", ports: [{ name: "metrics", containerPort: 2000 }] }],
            },
            status: { phase, podIP: "10.42.1.7" },
        }) as unknown as V1Pod;

    it("are each node's exporter and kubelet, by the node's name", () => {
        const addresses = [
            { type: "Hostname", address: "pi1" },
            { type: "InternalIP", address: "10.77.0.11" },
        ];
        const node = { metadata: { name: "pi1" }, status: { addresses } } as unknown as V1Node;
        const labels = { node: "pi1", instance: "pi1" };
        for (const [job, port] of [
            ["node", 9100],
            ["kubelet", 10250],
        ] as const) {
            assert.deepEqual(targetsOf[job]?.({ ...none, nodes: [node] }), [
                { targets: [`10.77.0.11:${port}`], labels },
            ]);
        }
    });

    it("are the connectors that run, and no other pod", () => {
        const pods = [
            connector("runs"),
            connector("waits", {}, "Pending"),
            connector("ends", { deletionTimestamp: "2026-01-01T00:00:00Z" }),
            connector("other", { namespace: "git" }),
        ];
        assert.deepEqual(targetsOf["cloudflared"]?.({ ...none, pods }), [
            { targets: ["10.42.1.7:2000"], labels: { node: "pi1", instance: "runs" } },
        ]);
    });
});
