import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bridge, gateway, internet, pis, prefixLength, resolvers } from "./facts";
import { mountsBelow } from "./leftovers";
import { namespaceFile, runRoot } from "./paths";
import { inNamespace, run } from "./shell";

const resolvConf = join(runRoot, "resolv.conf");

/**
 * The lab's network namespace: a bridge for the Pis, and on it the addresses of the internet that stands in for.
 * Neither the machine's routes nor its iptables are touched, and nothing in here can clash with a name outside.
 */
export async function ensureNetwork(): Promise<void> {
    mkdirSync(runRoot, { recursive: true });
    if (!isNetworkUp()) {
        writeFileSync(namespaceFile, "");
        await run("unshare", [`--net=${namespaceFile}`, "true"]);
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
        `${internet.telegram.address}/32`,
        ...resolvers.map((address) => `${address}/32`),
    ];
    for (const address of addresses) {
        await inside("address", "replace", address, "dev", bridge);
    }
    // The kernel asks its own addresses first of all; setUplink needs room before that.
    if ((await inside("rule", "show", "pref", "2")) === "") {
        await inside("rule", "add", "pref", "2", "lookup", "local");
        await inside("rule", "delete", "pref", "0");
    }
    await inside("link", "set", "lo", "up");
    await inside("link", "set", bridge, "up");
    for (const pi of pis) {
        await inside("route", "replace", pi.podCidr, "via", pi.address);
    }
    // The Pis' pods reach each other through the bridge, as through a home's switch.
    await run(...inNamespace("sysctl", ["-qw", "net.ipv4.ip_forward=1"]));
}

/** Whether the lab's namespace is there; after the machine was restarted only its file is. */
export function isNetworkUp(): boolean {
    return mountsBelow(readFileSync("/proc/self/mounts", "utf8"), namespaceFile).length > 0;
}

/**
 * Arguments that run a command in the lab's network with the lab's resolver, as on a computer in the house.
 * A mount namespace of its own gives it another /etc/resolv.conf; `ip netns exec` would also hide the cgroups.
 */
export function insideArgs(file: string, args: readonly string[]): [string, string[]] {
    const script = 'mount --bind "$1" "$(realpath /etc/resolv.conf)" && shift && exec "$@"';
    return inNamespace("unshare", ["--mount", "sh", "-c", script, "sh", resolvConf, file, ...args]);
}
