import { spawn } from "node:child_process";
import {
    existsSync,
    mkdirSync,
    openSync,
    readFileSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "yaml";
import {
    bridge,
    clusterCidr,
    clusterDns,
    driveMount,
    gateway,
    pis,
    prefixLength,
    resolvers,
    serviceCidr,
    type Pi,
} from "./facts";
import { piRoot } from "./paths";
import type { Progress } from "./progress";
import { labSecrets } from "./secrets";
import { CommandError, inNamespace, run } from "./shell";
import { authorizedKey, ssh, trustHostKey, waitForSsh } from "./ssh";

const driveSize = "6G";
const files = (pi: Pi) => {
    const dir = piRoot(pi.name);
    return {
        dir,
        card: join(dir, "card.img"),
        root: join(dir, "root"),
        driveImage: join(dir, "drive.img"),
        drive: join(dir, "drive"),
        pid: join(dir, "nspawn.pid"),
        log: join(dir, "console.log"),
    };
};

/** Makes a Pi (a copy of the card, its own identity, an external drive) when it is new, and boots it when it is off. */
export async function ensurePi(
    pi: Pi,
    card: string,
    pauseImage: string,
    progress: Progress,
): Promise<void> {
    if (piProcess(pi) === undefined) {
        const at = files(pi);
        if (!existsSync(at.card)) {
            progress("copying the card");
            await makeDisks(pi, card);
        }
        await mountOnce(at.card, at.root);
        await personalise(pi, pauseImage);
        progress("booting");
        await powerOn(pi);
    }
    progress("waiting for SSH");
    await waitForSsh(pi);
}

/** The id of the nspawn process that runs this Pi, or undefined when it is off. */
export function piProcess(pi: Pi): number | undefined {
    const { pid, root } = files(pi);
    if (!existsSync(pid)) {
        return undefined;
    }
    const id = Number(readFileSync(pid, "utf8"));
    try {
        // Ids are used again: only a process that names this Pi's root is this Pi.
        return readFileSync(`/proc/${id}/cmdline`, "utf8").includes(root) ? id : undefined;
    } catch {
        return undefined;
    }
}

/** Boots a Pi that is off. */
export async function powerOn(pi: Pi): Promise<void> {
    if (piProcess(pi) === undefined) {
        const at = files(pi);
        await mountOnce(at.card, at.root);
        await mountOnce(at.driveImage, at.drive);
        boot(pi);
        await waitForSsh(pi);
    }
}

/** Shuts a Pi down in order, as `sudo poweroff` on it does, and waits until it is off. */
export async function powerOff(pi: Pi): Promise<void> {
    if (piProcess(pi) !== undefined) {
        // The connection may end before the command does.
        await ssh(pi, ["sudo", "systemctl", "poweroff"]).catch((error: unknown) => {
            if (!(error instanceof CommandError)) {
                throw error;
            }
        });
        await gone(pi);
    }
}

/** Pulls the plug: nothing on the Pi gets a chance to finish. Its page cache survives, which a real cut would lose. */
export async function powerCut(pi: Pi): Promise<void> {
    const id = piProcess(pi);
    if (id !== undefined) {
        // The container's first process takes all others with it; nspawn alone would leave it running.
        const children = readFileSync(`/proc/${id}/task/${id}/children`, "utf8")
            .split(" ")
            .filter(Boolean);
        for (const child of children) {
            process.kill(Number(child), "SIGKILL");
        }
        await gone(pi);
    }
}

async function gone(pi: Pi): Promise<void> {
    const end = Date.now() + 120_000;
    while (piProcess(pi) !== undefined) {
        if (Date.now() > end) {
            throw new Error(`${pi.name} did not go off within two minutes: see ${files(pi).log}.`);
        }
        await delay(200);
    }
}

async function makeDisks(pi: Pi, card: string): Promise<void> {
    const at = files(pi);
    mkdirSync(at.root, { recursive: true });
    mkdirSync(at.drive, { recursive: true });
    await run("truncate", ["--size", driveSize, at.driveImage]);
    await run("mkfs.ext4", ["-q", "-m", "0", "-L", "external", at.driveImage]);
    // Under another name until it is whole: a killed copy must not be booted.
    const partial = `${at.card}.partial`;
    await run("cp", ["--sparse=always", "--reflink=auto", card, partial]);
    renameSync(partial, at.card);
}

async function mountOnce(image: string, target: string): Promise<void> {
    const mounts = readFileSync("/proc/mounts", "utf8");
    if (!mounts.includes(` ${target} `)) {
        await run("mount", ["-o", "loop", image, target]);
    }
}

/** What makes one card this Pi's: its name, address, keys and k3s configuration. */
async function personalise(pi: Pi, pauseImage: string): Promise<void> {
    const { root } = files(pi);
    const put = (path: string, text: string, mode = 0o644) => {
        mkdirSync(join(root, path, ".."), { recursive: true });
        rmSync(join(root, path), { force: true });
        writeFileSync(join(root, path), text, { mode });
    };
    put("etc/hostname", `${pi.name}\n`);
    put(
        "etc/hosts",
        ["127.0.0.1 localhost", ...pis.map((p) => `${p.address} ${p.name}`), ""].join("\n"),
    );
    put("etc/resolv.conf", resolvers.map((address) => `nameserver ${address}\n`).join(""));
    put("etc/systemd/network/10-host0.network", networkUnit(pi));
    put("etc/rancher/k3s/config.yaml", stringify(k3sConfig(pi, pauseImage)), 0o600);
    const unit = pi.role === "server" ? "k3s" : "k3s-agent";
    await run("systemctl", ["--root", root, "enable", "--quiet", `${unit}.service`]);
    await run("ssh-keygen", ["-A", "-f", root]);
    trustHostKey(pi, readFileSync(join(root, "etc/ssh/ssh_host_ed25519_key.pub"), "utf8"));
    put("home/pi/.ssh/authorized_keys", await authorizedKey());
    await run("chown", ["-R", "1000:1000", join(root, "home/pi/.ssh")]);
}

function networkUnit(pi: Pi): string {
    const routes = pis
        .filter((other) => other.name !== pi.name)
        .map((other) => `[Route]\nDestination=${other.podCidr}\nGateway=${other.address}\n`);
    return [
        `[Match]\nName=host0\n`,
        `[Network]\nAddress=${pi.address}/${prefixLength}\nGateway=${gateway}\nLinkLocalAddressing=no\n`,
        ...routes,
    ].join("\n");
}

function k3sConfig(pi: Pi, pauseImage: string): Record<string, string> {
    const server = pis.find((other) => other.role === "server");
    return {
        "node-name": pi.name,
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

/** Starts the container as a process of its own, which outlives this one. */
function boot(pi: Pi): void {
    const at = files(pi);
    const log = openSync(at.log, "a");
    const machine = `rekindle-${pi.name}`;
    // A tree of its own for each host's systemd: three in one tree would see each other's units.
    const ownTree =
        'for tree in systemd unified; do mkdir -p "/sys/fs/cgroup/$tree/$0" && echo $$ > "/sys/fs/cgroup/$tree/$0/cgroup.procs"; done; exec "$@"';
    const [file, args] = inNamespace("sh", [
        ...["-c", ownTree, machine, "systemd-nspawn"],
        ...["--quiet", "--register=no", "--keep-unit", "--settings=no", "--boot"],
        ...["--directory", at.root, "--machine", machine, "--hostname", pi.name],
        `--network-bridge=${bridge}`,
        // A kubelet needs nearly all that a real host has.
        ...[
            "--capability=all",
            "--system-call-filter=@keyring @bpf @module",
            "--bind-ro=/dev/kmsg",
        ],
        ...["--resolv-conf=off", "--timezone=off", "--link-journal=no"],
        `--bind=${at.drive}:${driveMount}`,
    ]);
    const child = spawn(file, args, { detached: true, stdio: ["ignore", log, log] });
    child.unref();
    writeFileSync(at.pid, String(child.pid));
}
