import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { standInFolder } from "./card";
import { pis } from "./facts";
import { grafanaAnswers } from "./house-grafana";
import { kubectl } from "./kubectl";
import { ensureOwnAlerts } from "./own-alerts";
import type { Progress } from "./progress";
import { labSecrets } from "./secrets";

const deployments = ["prometheus", "kube-state", "grafana"] as const;

/** Runs what watches the house, as a home has it before Rekindle: Prometheus, the stand-in for kube-state-metrics, and the one for Grafana with somebody's own alerts. */
export async function ensureMonitoring(
    k3s: string,
    node: string,
    progress: Progress,
): Promise<void> {
    progress("applying Prometheus and Grafana");
    const server = pis.find(({ role }) => role === "server")?.name ?? "";
    const files = deployments.map((name) =>
        readFileSync(join(__dirname, "monitoring", `${name}.yaml`), "utf8")
            .replaceAll("NODE\n", `${node}\n`)
            .replaceAll("PROGRAMS", standInFolder)
            .replaceAll("SERVER", server),
    );
    const input = [stringify(namespace), stringify(login()), ...files].join("---\n");
    await kubectl(k3s, ["apply", "-f", "-"], { input });
    progress("waiting for their pods");
    const wait = ["rollout", "status", "--timeout=180s", "-n", "monitoring"];
    for (const name of ["prometheus", "kube-state-metrics", "grafana"]) {
        await kubectl(k3s, [...wait, `deployment/${name}`]);
    }
    await grafanaAnswers();
    await ensureOwnAlerts();
}

const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "monitoring" } };

function login() {
    return {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "grafana", namespace: "monitoring" },
        stringData: { auth: labSecrets().grafanaAuth },
    };
}
