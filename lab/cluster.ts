import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pis } from "./facts";
import { kubectl } from "./kubectl";
import { kubeconfigFile } from "./paths";
import type { Progress } from "./progress";
import { CommandError } from "./shell";
import { ssh } from "./ssh";

/** Waits for Kubernetes on all Pis: kubeconfig fetched, nodes Ready, cluster DNS answering. */
export async function ensureCluster(k3s: string, progress: Progress): Promise<void> {
    const server = pis.find((pi) => pi.role === "server") ?? pis[0];
    if (!server) {
        throw new Error("lab/facts.ts names no server.");
    }
    progress(`waiting for k3s on ${server.name}`);
    const end = Date.now() + 180_000;
    const kubeconfig = await until(end, async () =>
        ssh(server, ["sudo", "cat", "/etc/rancher/k3s/k3s.yaml"]),
    );
    mkdirSync(dirname(kubeconfigFile), { recursive: true });
    writeFileSync(kubeconfigFile, kubeconfig, { mode: 0o600 });
    progress("waiting for nodes");
    await until(end, async () => kubectl(k3s, ["get", ...pis.map((pi) => `node/${pi.name}`)]));
    await kubectl(k3s, ["wait", "--for=condition=Ready", "nodes", "--all", "--timeout=120s"]);
    progress("waiting for CoreDNS");
    await until(end, async () =>
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

/** Tries again while a command fails, until a time. @throws its last failure then */
async function until<T>(end: number, attempt: () => Promise<T>): Promise<T> {
    for (;;) {
        try {
            return await attempt();
        } catch (error) {
            if (!(error instanceof CommandError) || Date.now() > end) {
                throw error;
            }
            await delay(500);
        }
    }
}
