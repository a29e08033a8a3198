import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kubectl } from "./kubectl";
import type { Progress } from "./progress";

/** Runs the house's own services, as they ran before Rekindle: the tunnel and the volumes meet them, and do not make them. */
export async function ensureDemo(k3s: string, busybox: string, progress: Progress): Promise<void> {
    const manifests = ["git", "counter"].map((name) =>
        readFileSync(join(__dirname, "demo", `${name}.yaml`), "utf8"),
    );
    progress("applying the services git and counter");
    const input = manifests.join("---\n").replaceAll("BUSYBOX", busybox);
    await kubectl(k3s, ["apply", "-f", "-"], { input });
    progress("waiting for their pods");
    for (const [namespace, workload] of [
        ["git", "deployment/git"],
        ["counter", "daemonset/counter"],
    ]) {
        const wait = ["-n", namespace ?? "", "rollout", "status", workload ?? "", "--timeout=180s"];
        await kubectl(k3s, wait);
    }
}
