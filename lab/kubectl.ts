import { join } from "node:path";
import { kubeconfigFile } from "./paths";
import { inNamespace, run, type RunOptions } from "./shell";

/** Runs the lab's own kubectl against its API server and returns what it printed. */
export async function kubectl(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const [file, all] = inNamespace("K3S", ["kubectl", "--kubeconfig", kubeconfigFile, ...args]);
    return run(file, all, options);
}
