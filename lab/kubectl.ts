import { kubeconfigFile } from "./paths";
import { inNamespace, run, type RunOptions } from "./shell";

/** Arguments that run the lab's own kubectl, which is a part of the k3s stand-in's binary. */
export function kubectlArgs(k3s: string, args: readonly string[]): [string, string[]] {
    return inNamespace(k3s, ["kubectl", "--kubeconfig", kubeconfigFile, ...args]);
}

/** Runs kubectl against the lab's API server and returns what it printed. */
export async function kubectl(
    k3s: string,
    args: readonly string[],
    options: RunOptions = {},
): Promise<string> {
    const [file, all] = kubectlArgs(k3s, args);
    return run(file, all, options);
}
