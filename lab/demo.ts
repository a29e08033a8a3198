import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kubectl } from "./kubectl";
import type { Progress } from "./progress";

/** Runs the house's own services, as they ran before Rekindle: the tunnel meets them, it does not make them. */
export async function ensureDemo(k3s: string, busybox: string, progress: Progress): Promise<void> {
    const manifest = readFileSync(join(__dirname, "demo", "git.yaml"), "utf8").replaceAll(
        "BUSYBOX",
        busybox,
    );
    progress("applying the service git");
    await kubectl(k3s, ["apply", "-f", "-"], { input: manifest });
    progress("waiting for its pods");
    await kubectl(k3s, ["-n", "git", "rollout", "status", "deployment/git", "--timeout=180s"]);
}
