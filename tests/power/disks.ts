import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { built } from "../../lab/cache";
import { debootstrap, suite } from "../../lab/debootstrap";
import { run } from "../../lab/shell";

/** Where the VM has its drive. */
export const drive = "/mnt/external";
/** The drive's file system, as /etc/fstab names it. */
const driveId = "5b1c2a57-7f0e-4d8a-9c3e-0b6d1f2a4e70";

const kernel = ["linux-image-amd64", "initramfs-tools"];
const system = ["systemd", "systemd-sysv", "dbus", "udev", "openssh-server", "iproute2"];
const needed = ["rsync", "e2fsprogs", "kmod", "procps", "socat"];
const guestPackages = [...system, ...needed, ...kernel];

/** What a VM starts from. */
export interface Disks {
    readonly kernel: string;
    readonly initrd: string;
    /** The private key that may log in as root. */
    readonly key: string;
    readonly card: string;
    readonly drive: string;
}

const quiet = () => undefined;

/** A throw-away Debian that holds QEMU: the machine itself is left as it is. Cached. */
export async function prepareTools(): Promise<string> {
    const packages = ["qemu-system-x86", "qemu-utils"];
    const dir = await built("power-tools", [suite, ...packages], async (made) => {
        await debootstrap(join(made, "root"), packages, 700, quiet);
    });
    return join(dir, "root");
}

/** A Debian with its kernel, as a tree. Cached. */
async function prepareSystem(): Promise<string> {
    const dir = await built("power-system", [suite, ...guestPackages], async (made) => {
        const root = join(made, "root");
        await debootstrap(root, guestPackages, 700, quiet);
        // Only what finds the card: an emulated processor unpacks a full one for half a minute.
        writeFileSync(join(root, "etc/initramfs-tools/conf.d/small"), "MODULES=list\n");
        writeFileSync(
            join(root, "etc/initramfs-tools/modules"),
            ["virtio_pci", "virtio_blk", "ext4", ""].join("\n"),
        );
        await run("chroot", [root, "update-initramfs", "-u"]);
    });
    return join(dir, "root");
}

/** The card as flashed and the drive as formatted, both raw. Cached. */
export async function prepareDisks(): Promise<Disks> {
    const base = await prepareSystem();
    const k3s = join(__dirname, "..", "volume", "host");
    const inputs = [join(k3s, "k3s.sh"), join(k3s, "k3s.service"), __filename];
    const contents = inputs.map((file) => readFileSync(file));
    const dir = await built("power-disks", [base, ...contents], async (made) => {
        const root = join(made, "root");
        await run("cp", ["-a", base, root]);
        for (const file of ["vmlinuz", "initrd.img"]) {
            await run("cp", ["-L", join(root, file), join(made, file)]);
        }
        rmSync(join(root, "boot"), { recursive: true });
        const key = join(made, "key");
        await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "power", "-f", key]);
        await configure(root, readFileSync(`${key}.pub`, "utf8"));
        await run("install", ["-m", "755", join(k3s, "k3s.sh"), join(root, "usr/local/bin/k3s")]);
        const units = join(root, "etc/systemd/system");
        await run("install", ["-m", "644", join(k3s, "k3s.service"), join(units, "k3s.service")]);
        await run("chroot", [root, "systemctl", "enable", "k3s", "ssh", "systemd-networkd"]);
        await makeDisk(join(made, "card.img"), "2G", ["-d", root]);
        await makeDisk(join(made, "drive.img"), "1G", ["-U", driveId]);
        rmSync(root, { recursive: true });
    });
    return {
        kernel: join(dir, "vmlinuz"),
        initrd: join(dir, "initrd.img"),
        key: join(dir, "key"),
        card: join(dir, "card.img"),
        drive: join(dir, "drive.img"),
    };
}

async function makeDisk(image: string, size: string, options: readonly string[]): Promise<void> {
    await run("truncate", ["--size", size, image]);
    await run("mkfs.ext4", ["-q", "-F", "-m", "0", ...options, image]);
}

async function configure(root: string, key: string): Promise<void> {
    const put = (path: string, lines: readonly string[], mode = 0o644) => {
        mkdirSync(join(root, path, ".."), { recursive: true });
        writeFileSync(join(root, path), `${lines.join("\n")}\n`, { mode });
    };
    // An emulated processor finds its drive 14 s after systemd began.
    const patient = "nofail,x-systemd.device-timeout=30s";
    put("etc/fstab", [
        "/dev/vda / ext4 defaults,noatime 0 1",
        `UUID=${driveId} ${drive} ext4 ${patient} 0 2`,
    ]);
    // Each start and each daemon-reload runs all generators, and each start asks for all devices again.
    for (const generator of readdirSync(join(root, "usr/lib/systemd/system-generators"))) {
        if (generator !== "systemd-fstab-generator") {
            mkdirSync(join(root, "etc/systemd/system-generators"), { recursive: true });
            symlinkSync("/dev/null", join(root, "etc/systemd/system-generators", generator));
        }
    }
    const subsystems = ["pci", "virtio", "net", "usb", "scsi", "block", "misc"];
    const trigger = subsystems.map((name) => `--subsystem-match=${name}`).join(" ");
    put("etc/systemd/system/systemd-udev-trigger.service.d/few.conf", [
        ...["[Service]", "ExecStart=", `ExecStart=udevadm trigger --action=add ${trigger}`],
    ]);
    put("etc/hostname", ["pi"]);
    put("etc/systemd/network/net.network", [
        ...["[Match]", "Type=ether", "[Network]"],
        ...["Address=10.0.2.15/24", "LinkLocalAddressing=no", "IPv6AcceptRA=no"],
    ]);
    put("root/.ssh/authorized_keys", [key.trim()], 0o600);
    // Pods outlive k3s's unit and would hold up each shutdown.
    put("etc/systemd/system.conf.d/stop.conf", ["[Manager]", "DefaultTimeoutStopSec=5s"]);
    // Emulated, its counting alone would keep the processor busy.
    put("etc/systemd/system/k3s.service.d/nice.conf", ["[Service]", "Nice=19"]);
    for (const path of [drive, "etc/fake-k3s"]) {
        mkdirSync(join(root, path), { recursive: true });
    }
    // What k3s unpacks: enough files that a cut meets a copy half way.
    const unpacked = join(root, "var/lib/rancher/k3s/agent/unpacked");
    mkdirSync(unpacked, { recursive: true });
    for (let n = 0; n < 200; n++) {
        writeFileSync(join(unpacked, `layer-${n}`), Buffer.alloc(50_000, `${n} `));
    }
    // Nothing but what the tests need: each unit costs an emulated processor seconds.
    const masked = [
        "apt-daily",
        "apt-daily-upgrade",
        "dpkg-db-backup",
        "e2scrub_all",
        "fstrim",
    ].map((name) => `${name}.timer`);
    const slow = ["e2scrub_reap", "modprobe@drm", "getty@tty1", "serial-getty@ttyS0"];
    const services = slow.map((name) => `${name}.service`);
    await run("chroot", [root, "systemctl", "mask", ...masked, ...services]);
}
