import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import {
    clusterCidr,
    clusterDns,
    gateway,
    k3sUnit,
    pis,
    prefixLength,
    resolvers,
    serviceCidr,
    sshUser,
    type Pi,
} from "./facts";
import { labSecrets } from "./secrets";
import { run } from "./shell";
import { authorizedKey, trustHostKey } from "./ssh";

/**
 * Makes a card this Pi's own: name, address, keys, and k3s's configuration. Done again before each boot by the lab; what
 * identifies a Pi (machine id, host keys) stays as it was first made.
 * @param root where the card is mounted
 */
export async function personalise(pi: Pi, root: string, pauseImage: string): Promise<void> {
    const put = (path: string, text: string, mode = 0o644) => {
        mkdirSync(join(root, path, ".."), { recursive: true });
        rmSync(join(root, path), { force: true });
        writeFileSync(join(root, path), text, { mode });
    };
    // Without an id systemd takes the boot for the first one and enables every unit that there is, both of k3s's too.
    if (!existsSync(join(root, "etc/machine-id"))) {
        put("etc/machine-id", `${randomUUID().replaceAll("-", "")}\n`, 0o444);
    }
    put("etc/hostname", `${pi.name}\n`);
    const hosts = ["127.0.0.1 localhost", ...pis.map((one) => `${one.address} ${one.name}`)];
    put("etc/hosts", lines(hosts));
    put("etc/resolv.conf", lines(resolvers.map((address) => `nameserver ${address}`)));
    put("etc/systemd/network/10-host0.network", networkUnit(pi));
    put("etc/rancher/k3s/config.yaml", stringify(k3sConfig(pi, pauseImage)), 0o600);
    const unit = `${k3sUnit(pi)}.service`;
    // The card has both; k3s's installer leaves one of them on a Pi.
    const other = unit === "k3s.service" ? "k3s-agent.service" : "k3s.service";
    rmSync(join(root, "etc/systemd/system", other), { force: true });
    await run("systemctl", ["--root", root, "enable", "--quiet", unit]);
    await run("ssh-keygen", ["-A", "-f", root]);
    trustHostKey(pi, readFileSync(join(root, "etc/ssh/ssh_host_ed25519_key.pub"), "utf8"));
    const home = join("home", sshUser);
    put(join(home, ".ssh/authorized_keys"), await authorizedKey());
    const keys = join(root, home, ".ssh");
    await run("chown", ["--recursive", `--reference=${join(root, home)}`, keys]);
}

/** systemd-networkd's file for a Pi: a static address, and a route to each other Pi's pods. */
export function networkUnit(pi: Pi): string {
    const routes = pis
        .filter((other) => other.name !== pi.name)
        .map((other) => `[Route]\nDestination=${other.podCidr}\nGateway=${other.address}\n`);
    return [
        "[Match]\nName=host0\n",
        `[Network]\nAddress=${pi.address}/${prefixLength}\nGateway=${gateway}\nLinkLocalAddressing=no\n`,
        ...routes,
    ].join("\n");
}

function k3sConfig(pi: Pi, pauseImage: string): Record<string, string> {
    const server = pis.find((other) => other.role === "server");
    return {
        "node-ip": pi.address,
        token: labSecrets().joinToken,
        "cluster-cidr": clusterCidr,
        "service-cidr": serviceCidr,
        "cluster-dns": clusterDns,
        "pod-cidr": pi.podCidr,
        "pause-image": pauseImage,
        ...(pi.role === "agent" && server ? { server: `https://${server.address}:9345` } : {}),
    };
}

function lines(all: readonly string[]): string {
    return all.map((line) => `${line}\n`).join("");
}
