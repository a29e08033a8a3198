import { setTimeout as delay } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { plainHost } from "../config/addresses";
import { mistake } from "./mistake";
import { readClusterDns, type Found } from "./cluster-api";

/** Milliseconds: an API on the LAN answers in a few, and a preview with the home offline waits no longer. */
const patience = { preview: 3_000, up: 10_000 };
/**
 * Looks of an `up` at an API that does not answer, such as a server's whose k3s has just been switched, or that has no DNS service yet; and
 * milliseconds between them.
 */
const usualLooks = { times: 5, pause: 4_000 };

/**
 * Compares `rekindle:clusterDns` with what the cluster has, before anything of the tunnel changes. With the wrong address every connector is
 * well, and every visit of a Service is a 502.
 * @param after what an `up` waits for: a server's switch takes the API away
 * @returns what the tunnel waits for; it fails as `compareClusterDns` does
 */
export function comparedClusterDns(
    configured: readonly string[],
    kubeconfig: pulumi.Output<string>,
    after: readonly pulumi.CustomResource[],
): pulumi.Output<true> {
    const isPreview = pulumi.runtime.isDryRun();
    const before = pulumi.all(isPreview ? [] : after.map(({ id }) => id));
    return pulumi.all([kubeconfig, before]).apply(async ([text]) => {
        const warning = await compareClusterDns(configured, text, isPreview);
        if (warning !== undefined) {
            await pulumi.log.warn(warning);
        }
        return true as const;
    });
}

/**
 * Asks the cluster. One that cannot be reached is no reason to stop a preview, nor an `up`, whose rollout it would stop itself.
 * @param looks changed by tests only
 * @returns a warning when nobody can say whether they are equal
 * @throws pulumi.RunError with the right value when they differ
 */
export async function compareClusterDns(
    configured: readonly string[],
    kubeconfig: string,
    isPreview: boolean,
    looks = usualLooks,
): Promise<string | undefined> {
    const found = isPreview
        ? await readClusterDns(kubeconfig, patience.preview)
        : await lookAgain(kubeconfig, looks);
    const { wrong, warning } = judged(configured, found, isPreview);
    if (wrong !== undefined) {
        throw mistake(wrong);
    }
    return warning;
}

async function lookAgain(kubeconfig: string, { times, pause }: typeof usualLooks): Promise<Found> {
    for (let look = 1; ; look += 1) {
        const found = await readClusterDns(kubeconfig, patience.up);
        const mayPass = "unreachable" in found || ("mayCome" in found && found.mayCome === true);
        if (!mayPass || look === times) {
            return found;
        }
        await delay(pause);
    }
}

/** What is wrong, or not known, and what to do about it. Pure. */
export function judged(
    configured: readonly string[],
    found: Found,
    isPreview: boolean,
): { wrong?: string; warning?: string } {
    const ours = configured.join(",");
    if ("addresses" in found) {
        const real = found.addresses.map(plainHost);
        // A node-local cache has such an address on every node, and no Service has it.
        const others = configured.filter(
            (address) => !real.includes(address) && !address.startsWith("169.254."),
        );
        if (others.length > 0) {
            return { wrong: differsText(others.join(","), real.join(",")) };
        }
        return configured.some((address) => real.includes(address))
            ? {}
            : { warning: nodeLocalText(ours, real.join(",")) };
    }
    if ("unreachable" in found) {
        const warning = `rekindle:clusterDns (${ours}) was not compared with the cluster, whose API does not answer: ${found.unreachable}. Run \`pulumi up\` again when it does.`;
        return isPreview ? {} : { warning };
    }
    return {
        warning:
            `rekindle:clusterDns (${ours}) could not be compared with the cluster: ${found.unknown}. ` +
            "With a wrong one every visit of a Service is a 502. Compare it with what this prints: " +
            "kubectl -n kube-system get service -l k8s-app=kube-dns -o jsonpath='{.items[*].spec.clusterIPs}'",
    };
}

function nodeLocalText(ours: string, real: string): string {
    return (
        `rekindle:clusterDns (${ours}) could not be compared with the cluster: only a node-local cache has such an address. ` +
        `Where no such cache runs on a node, every visit of a Service is a 502 there; ${real} works with and without one.`
    );
}

function differsText(others: string, real: string): string {
    return [
        `rekindle:clusterDns is ${others}, and this cluster's DNS answers at ${real}. Nothing of the tunnel was changed.`,
        "  With another address no connector finds a Service, and every visit of one is a 502.",
        `      pulumi config set rekindle:clusterDns ${real}`,
    ].join("\n");
}
