import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bridge, gateway, internet, netns, pis, prefixLength, resolvers } from "./facts";
import { runRoot } from "./paths";
import { inNamespace, run } from "./shell";

/** Says that the namespace is ours; written before it is made, so that a killed start leaves no doubt. */
export const networkMark = join(runRoot, "network");
export const namespaceFile = `/run/netns/${netns}`;
const resolvConf = join(runRoot, "resolv.conf");

/**
 * The lab's network namespace: a bridge for the Pis, and on it the addresses of the internet that stands in for.
 * Neither the machine's routes nor its iptables are touched.
 * @throws when a namespace of that name exists that the lab did not make
 */
export async function ensureNetwork(): Promise<void> {
    if (existsSync(namespaceFile)) {
        assertOurs();
    } else {
        mkdirSync(runRoot, { recursive: true });
        writeFileSync(
            networkMark,
            "The network namespace of this name was made by Rekindle's lab.\n",
        );
        await run("ip", ["netns", "add", netns]);
    }
    writeFileSync(resolvConf, `nameserver ${resolvers[0]}\n`);
    const inside = async (...args: string[]) => run(...inNamespace("ip", args));
    const links = await inside("-brief", "link");
    if (!links.includes(bridge)) {
        await inside("link", "add", bridge, "type", "bridge");
    }
    const addresses = [
        `${gateway}/${prefixLength}`,
        `${internet.api.address}/32`,
        `${internet.edge.address}/32`,
        ...resolvers.map((address) => `${address}/32`),
    ];
    for (const address of addresses) {
        await inside("address", "replace", address, "dev", bridge);
    }
    await inside("link", "set", "lo", "up");
    await inside("link", "set", bridge, "up");
    for (const pi of pis) {
        await inside("route", "replace", pi.podCidr, "via", pi.address);
    }
    // The Pis' pods reach each other through the bridge, as through a home's switch.
    await run(...inNamespace("sysctl", ["-qw", "net.ipv4.ip_forward=1"]));
}

/** @throws when the namespace was made by somebody else */
export function assertOurs(): void {
    if (existsSync(namespaceFile) && !existsSync(networkMark)) {
        throw new Error(
            `A network namespace named ${netns} exists that this lab did not make; it was left alone. ` +
                `If nothing needs it, remove it with \`ip netns delete ${netns}\` and run the command again.`,
        );
    }
}

/**
 * Arguments that run a command in the lab's network with the lab's resolver, as on a computer in the house.
 * A mount namespace of its own gives it another /etc/resolv.conf; `ip netns exec` would also hide the cgroups.
 */
export function insideArgs(file: string, args: readonly string[]): [string, string[]] {
    const script = 'mount --bind "$1" "$(realpath /etc/resolv.conf)" && shift && exec "$@"';
    return inNamespace("unshare", ["--mount", "sh", "-c", script, "sh", resolvConf, file, ...args]);
}
