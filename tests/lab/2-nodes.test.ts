import assert from "node:assert/strict";
import { pis } from "../../lab/facts";
import { internetClient } from "../../lab/internet-client";
import { editedConfig, kube, rekindle, until } from "./lab";

interface Pods {
    readonly items: readonly {
        readonly metadata: { readonly name: string; readonly namespace: string };
        readonly spec: { readonly nodeName?: string };
        readonly status: {
            readonly phase: string;
            readonly conditions?: readonly {
                readonly type: string;
                readonly status: string;
                readonly message?: string;
            }[];
        };
    }[];
}
const podsWith = async (label: string) =>
    (JSON.parse(await kube("get", "pods", "-A", "-l", label, "-o", "json")) as Pods).items;

/** Runs the DNS job at once, as its CronJob does four times an hour. @returns its pods' label */
async function startJob(name: string): Promise<string> {
    const found = await kube("get", "cronjobs", "-A", "-o", "json");
    const [job] = (
        JSON.parse(found) as { items: { metadata: { name: string; namespace: string } }[] }
    ).items;
    const { name: of = "", namespace = "" } = job?.metadata ?? {};
    await kube("create", "job", name, `--from=cronjob/${of}`, "-n", namespace);
    jobs.push([name, namespace]);
    return `batch.kubernetes.io/job-name=${name}`;
}
const jobs: [name: string, namespace: string][] = [];

const connectorLabel = "app.kubernetes.io/name=cloudflared";

/** Connectors stay where they are when taints go: of two on one node, one starts again, on another. */
async function spreadConnectors(): Promise<void> {
    const [first, second] = await podsWith(connectorLabel);
    if (first !== undefined && first.spec.nodeName === second?.spec.nodeName) {
        await kube("delete", "pod", first.metadata.name, "-n", first.metadata.namespace);
    }
    await until("two connectors Ready on two nodes", 240, async () => {
        const ready = (await podsWith(connectorLabel)).filter(({ status: { conditions = [] } }) =>
            conditions.some(({ type, status }) => type === "Ready" && status === "True"),
        );
        const nodes = new Set(ready.map(({ spec }) => spec.nodeName));
        return ready.length === 2 && nodes.size === 2 ? true : undefined;
    });
}

/** NoSchedule alone, so that what runs already stays where it is. */
const taint = async (pi: string, key: string) =>
    kube("taint", "node", pi, `${key}=edge:NoSchedule`, "--overwrite");

/** Needs the converged lab, and leaves it so. */
describe("the tunnel's pods on nodes that others keep away from", () => {
    const internet = internetClient();
    const [server, ...agents] = pis.map(({ name }) => name);
    let arch: string;
    let poll: string;

    before("every node has a taint, and somebody visits git all along", async () => {
        assert.ok(server !== undefined && agents.length === 2);
        const path = "jsonpath={.metadata.labels.kubernetes\\.io/arch}";
        arch = await kube("get", "node", agents[1] ?? "", "-o", path);
        poll = await internet.startPoll({
            url: "https://git.home.example/",
            everyMs: 100,
            maxSeconds: 1200,
        });
        await taint(server, "CriticalAddonsOnly");
        await Promise.all(agents.map(async (pi) => taint(pi, "dedicated")));
    });

    after("no taint and no job is left, and the committed stack again", async () => {
        for (const pi of pis) {
            for (const key of ["CriticalAddonsOnly", "dedicated"]) {
                // The one that it does not have is an error.
                await kube("taint", "node", pi.name, `${key}:NoSchedule-`).catch(() => "");
            }
        }
        await kube("label", "node", agents[1] ?? "", `kubernetes.io/arch=${arch}`, "--overwrite");
        for (const [name, namespace] of jobs) {
            await kube("delete", "job", name, "-n", namespace, "--ignore-not-found");
        }
        const back = await rekindle("up");
        assert.equal(back.exit, 0, back.output);
        await spreadConnectors();
    });

    it("look after the DNS records on a server that k3s keeps free: CriticalAddonsOnly", async () => {
        const label = await startJob("on-the-server");
        const pod = await until("the job's pod to succeed", 120, async () =>
            (await podsWith(label)).find(({ status }) => status.phase === "Succeeded"),
        );
        assert.equal(pod.spec.nodeName, server);
    });

    it("never go to a 32-bit node, not even when it is the only one left", async () => {
        const [, second = ""] = agents;
        await taint(server ?? "", "dedicated");
        await kube("taint", "node", second, "dedicated:NoSchedule-");
        let tries = 0;
        const why = await until("a job that found the 32-bit node alone", 120, async () => {
            await kube("label", "node", second, "kubernetes.io/arch=arm", "--overwrite");
            tries += 1;
            const label = await startJob(`on-32-bits-${tries}`);
            const looked = await until("the scheduler to look for a node", 60, async () => {
                const [pod] = await podsWith(label);
                return pod?.status.conditions?.find(({ type }) => type === "PodScheduled");
            });
            // Some seconds later the kubelet puts its own label back: then the job ran there, and the next one shows more.
            return looked.status === "False" ? looked : undefined;
        });
        assert.match(why.message ?? "", /didn't match Pod's node affinity/);
        await kube("taint", "node", server ?? "", "dedicated:NoSchedule-");
        await taint(second, "dedicated");
        await kube("label", "node", second, `kubernetes.io/arch=${arch}`, "--overwrite");
    });

    it("go to the nodes that tunnel.tolerations and tunnel.nodeSelector say, connectors and job", async () => {
        const [first = ""] = agents;
        const file = editedConfig((config) => {
            const tunnel = config["rekindle:tunnel"];
            tunnel.tolerations = [{ key: "dedicated", value: "edge" }];
            tunnel.nodeSelector = { "kubernetes.io/hostname": first };
        });
        const up = await rekindle("up", "--config-file", file);
        assert.equal(up.exit, 0, up.output);
        const connectors = await until("the old connectors to be gone", 120, async () => {
            const all = await podsWith(connectorLabel);
            return all.length === 2 ? all : undefined;
        });
        assert.deepEqual(
            connectors.map(({ spec }) => spec.nodeName),
            [first, first],
        );
        const label = await startJob("on-the-agent");
        const pod = await until("the job's pod to succeed", 120, async () =>
            (await podsWith(label)).find(({ status }) => status.phase === "Succeeded"),
        );
        assert.equal(pod.spec.nodeName, first);
    });

    it("serve all along", async () => {
        const { counts, failures } = await internet.stopPoll(poll);
        assert.deepEqual(Object.keys(counts), ["200"], JSON.stringify(failures));
    });
});
