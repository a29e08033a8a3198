import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { eventually } from "./eventually";
import { pis } from "./facts";
import { kubectl } from "./kubectl";
import { kubeconfigFile } from "./paths";
import type { Progress } from "./progress";
import { ssh } from "./ssh";

/** Waits for Kubernetes on all Pis: kubeconfig fetched, nodes Ready, cluster DNS answering. */
export async function ensureCluster(k3s: string, progress: Progress): Promise<void> {
    const server = pis.find((pi) => pi.role === "server") ?? pis[0];
    if (!server) {
        throw new Error("lab/facts.ts names no server.");
    }
    progress(`waiting for k3s on ${server.name}`);
    const kubeconfig = await eventually(180, async () =>
        ssh(server, ["sudo", "cat", "/etc/rancher/k3s/k3s.yaml"]),
    );
    mkdirSync(dirname(kubeconfigFile), { recursive: true });
    writeFileSync(kubeconfigFile, kubeconfig, { mode: 0o600 });
    progress("waiting for nodes");
    await eventually(180, async () => kubectl(k3s, ["get", ...pis.map((pi) => `node/${pi.name}`)]));
    await kubectl(k3s, ["wait", "--for=condition=Ready", "nodes", "--all", "--timeout=120s"]);
    progress("waiting for CoreDNS");
    await eventually(180, async () =>
        kubectl(k3s, [
            "-n",
            "kube-system",
            "rollout",
            "status",
            "deployment/coredns",
            "--timeout=60s",
        ]),
    );
}
