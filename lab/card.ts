import {
    appendFileSync,
    chmodSync,
    copyFileSync,
    cpSync,
    mkdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { built } from "./cache";
import { containerFiles, writableSys } from "./container-files";
import { debootstrap, suite } from "./debootstrap";
import { driveMount, sshUser } from "./facts";
import type { Progress } from "./progress";
import { run } from "./shell";

const packages = [
    ...[
        "systemd",
        "systemd-sysv",
        "dbus",
        "openssh-server",
        "sudo",
        "rsync",
        "ca-certificates",
        "curl",
    ],
    ...["containerd", "runc", "etcd-server", "containernetworking-plugins"],
    ...[
        "busybox-static",
        "iptables",
        "iproute2",
        "iputils-ping",
        "conntrack",
        "e2fsprogs",
        "kmod",
        "procps",
        "socat",
    ],
    // Run in pods, but for the exporter; the tests of the alerts use their tools.
    ...["prometheus", "prometheus-alertmanager", "prometheus-node-exporter"],
];
/** What those packages draw in and nothing here runs: a quarter of the whole. */
const unused = "./usr/share/javascript";
/** How many lines debootstrap prints, for the progress shown; measured with these packages. */
const debootstrapLines = 800;

/** A Debian root with what a Pi has before k3s is installed, as a tar. Cached. */
export async function prepareBase(progress: Progress): Promise<string> {
    return makeBase("base", suite, packages, progress);
}

/** What the volume's tests need of a newer Debian: Raspberry Pi OS is made of that one too. */
const newer = {
    suite: "trixie",
    packages: [
        ...["systemd", "systemd-sysv", "dbus", "sudo", "mount", "kmod", "procps"],
        ...["e2fsprogs", "rsync", "socat", "attr", "libcap2-bin", "iproute2", "busybox-static"],
    ],
};

/** The next Debian, with no more than the volume's tests need, as a tar. Cached. */
export async function prepareNewerBase(progress: Progress): Promise<string> {
    return makeBase("base-newer", newer.suite, newer.packages, progress);
}

async function makeBase(
    name: string,
    release: string,
    wanted: readonly string[],
    progress: Progress,
): Promise<string> {
    const dir = await built(name, [release, unused, ...wanted], async (made) => {
        const root = join(made, "root");
        await debootstrap(root, wanted, debootstrapLines, progress, release);
        // Names a tar, not a tree: device nodes and owners come back the same on every file system.
        const what = ["-C", root, `--exclude=${unused}`, "."];
        await run("tar", ["--numeric-owner", "-cf", join(made, "base.tar"), ...what]);
        rmSync(root, { recursive: true });
    });
    return join(dir, "base.tar");
}

export interface CardParts {
    /** The tar of `prepareBase`. */
    readonly base: string;
    /** The k3s stand-in's binary. */
    readonly k3s: string;
    /** The archive of container images that are preloaded. */
    readonly images: string;
    /** The lab CA's certificate, which a Pi trusts as a real one trusts public CAs: containerd pulls over it. */
    readonly ca: string;
    /** CoreDNS's manifest, with its image filled in. */
    readonly manifests: Readonly<Record<string, string>>;
    /** The programs of the stand-ins that run in pods, by their files' names. */
    readonly standIns: Readonly<Record<string, string>>;
}

/** Where the programs of the stand-ins that run in pods lie on each card. */
export const standInFolder = "/usr/local/lib/rekindle";

/** The SD card's size: small, so that filling it hurts. */
const cardSize = "4G";

/** The image of an SD card as flashed: Debian, k3s not yet configured, images preloaded. Cached; a Pi gets a copy. */
export async function prepareCard(parts: CardParts, progress: Progress): Promise<string> {
    const units = ["k3s.service", "k3s-agent.service"].map((unit) =>
        join(__dirname, "kubernetes", unit),
    );
    const inputs = [
        ...[parts.base, parts.k3s, parts.images],
        ...units.map((unit) => readFileSync(unit, "utf8")),
        readFileSync(parts.ca, "utf8"),
        ...Object.values(parts.manifests),
        ...Object.values(parts.standIns),
        readFileSync(__filename),
    ];
    const dir = await built("card", inputs, async (made) => {
        const image = join(made, "card.img");
        const root = join(made, "root");
        mkdirSync(root);
        progress("unpacking Debian");
        const tools = ["promtool", "amtool"].map((name) => `--exclude=./usr/bin/${name}`);
        await run("tar", ["--numeric-owner", ...tools, "-xpf", parts.base, "-C", root]);
        progress("adding k3s and images");
        await install(root, parts, units);
        progress("writing the image");
        await run("truncate", ["--size", cardSize, image]);
        // Filled without a mount: a killed start leaves nothing but files.
        const quick = ["-E", "lazy_itable_init=1,lazy_journal_init=1"];
        await run("mkfs.ext4", ["-q", "-m", "0", ...quick, "-L", "card", "-d", root, image]);
        rmSync(root, { recursive: true });
    });
    return join(dir, "card.img");
}

async function install(root: string, parts: CardParts, units: readonly string[]): Promise<void> {
    const put = (path: string, text: string, mode = 0o644) => {
        mkdirSync(join(root, path, ".."), { recursive: true });
        writeFileSync(join(root, path), text, { mode });
    };
    copyFileSync(parts.k3s, join(root, "usr/local/bin/k3s"));
    chmodSync(join(root, "usr/local/bin/k3s"), 0o755);
    for (const unit of units) {
        cpSync(unit, join(root, "etc/systemd/system", unit.split("/").pop() ?? ""));
    }
    const k3s = "var/lib/rancher/k3s";
    mkdirSync(join(root, k3s, "agent/images"), { recursive: true });
    copyFileSync(parts.images, join(root, k3s, "agent/images/preloaded.tar"));
    for (const [name, text] of Object.entries(parts.manifests)) {
        put(join(k3s, "server/manifests", name), text);
    }
    for (const [name, text] of Object.entries(parts.standIns)) {
        put(join(standInFolder, name), text);
    }
    appendFileSync(join(root, "etc/ssl/certs/ca-certificates.crt"), readFileSync(parts.ca));
    mkdirSync(join(root, driveMount), { recursive: true });
    put(`etc/sudoers.d/${sshUser}`, `${sshUser} ALL=(ALL) NOPASSWD: ALL\n`, 0o440);
    for (const [path, text] of Object.entries(containerFiles())) {
        put(path, text);
    }
    // Pods outlive k3s's unit and do not listen to systemd: a real Pi, too, waits for them at its shutdown, 90 s by default.
    put("etc/systemd/system.conf.d/stop.conf", "[Manager]\nDefaultTimeoutStopSec=15s\n");
    // All Pis share this machine's clock, which is not theirs to watch.
    put("etc/default/prometheus-node-exporter", 'ARGS="--no-collector.timex"\n');
    // Debian's own units would take the ports and sockets that k3s's children and the house's pods use.
    const inRoot = async (...args: string[]) => run("chroot", [root, ...args]);
    await inRoot("useradd", "--create-home", "--shell", "/bin/bash", sshUser);
    await inRoot(
        "systemctl",
        "mask",
        "containerd.service",
        "etcd.service",
        "prometheus.service",
        "prometheus-alertmanager.service",
        "cni-dhcp.service",
        "cni-dhcp.socket",
        "apt-daily.timer",
        "apt-daily-upgrade.timer",
    );
    const enabled = [
        ...["systemd-networkd.service", "ssh.service", "prometheus-node-exporter.service"],
        writableSys,
    ];
    await inRoot("systemctl", "enable", ...enabled);
    rmSync(join(root, "etc/machine-id"), { force: true });
    for (const type of ["rsa", "ecdsa", "ed25519"]) {
        rmSync(join(root, `etc/ssh/ssh_host_${type}_key`), { force: true });
        rmSync(join(root, `etc/ssh/ssh_host_${type}_key.pub`), { force: true });
    }
}
