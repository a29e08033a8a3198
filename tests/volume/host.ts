import { spawn } from "node:child_process";
import {
    closeSync,
    cpSync,
    existsSync,
    mkdirSync,
    openSync,
    readFileSync,
    rmSync,
    symlinkSync,
    unlinkSync,
    writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { built } from "../../lab/cache";
import { prepareBase, prepareNewerBase } from "../../lab/card";
import { containerFiles, writableSys } from "../../lab/container-files";
import { mountsBelow } from "../../lab/leftovers";
import { cacheRoot } from "../../lab/paths";
import { CommandError, run } from "../../lab/shell";
import { until as wait } from "../wait";

/** Where a host has its drive. */
export const drive = "/mnt/external";
/** What a host's node is called. */
const node = "pi1";
const folder = join(cacheRoot, "volume-tests");
const boot = join(__dirname, "..", "..", "lab", "boot.sh");

/** How a command on a host ended. */
export interface Result {
    readonly code: number | undefined;
    /** Both streams, in the order they came. */
    readonly output: string;
}

/** What the lab's Pis run and these hosts do not: two thirds of the card, which is copied for each host. */
const unused = [
    ...["prometheus*", "promtool", "amtool", "containerd*", "ctr", "etcd*"].map(
        (name) => `./usr/bin/${name}`,
    ),
    ...["./usr/sbin/runc", "./usr/lib/cni", "./usr/share/locale", "./usr/share/doc"],
    "./var/lib/apt/lists",
];

/** What a host is made of. */
export interface HostKind {
    /** @default 12 */
    readonly debian?: 12 | 13;
    /** @default "server" */
    readonly role?: "server" | "agent";
    /** The name of k3s's service; one of a template too. @default "k3s", or "k3s-agent" for an agent */
    readonly unit?: string;
}

/** The cards of all kinds of hosts, for all files at once. */
export async function prepareCards(): Promise<void> {
    await prepareCard(12);
    await prepareCard(13);
}

/** Debian with a stand-in for k3s, as the image of a card. Cached. */
async function prepareCard(debian: 12 | 13): Promise<string> {
    const base = await (debian === 12 ? prepareBase : prepareNewerBase)(() => undefined);
    const [k3s = "", cluster = "", unit = ""] = ["k3s.sh", "cluster.sh", "k3s.service"].map(
        (name) => join(__dirname, "host", name),
    );
    const files = [__filename, k3s, cluster, unit].map((file) => readFileSync(file));
    const name = debian === 12 ? "volume-card" : "volume-card-newer";
    const dir = await built(name, [base, ...files], async (made) => {
        const root = join(made, "root");
        mkdirSync(root);
        const without = unused.map((path) => `--exclude=${path}`);
        await run("tar", ["--numeric-owner", ...without, "-xpf", base, "-C", root]);
        await run("install", ["-m", "755", k3s, join(root, "usr/local/bin/k3s")]);
        cpSync(unit, join(root, "etc/systemd/system/k3s.service"));
        cpSync(cluster, join(root, "usr/local/lib/fake-k3s/cluster.sh"));
        for (const path of ["etc/fake-k3s", drive]) {
            mkdirSync(join(root, path), { recursive: true });
        }
        const texts = {
            ...containerFiles(),
            "etc/hostname": `${node}\n`,
            // Pods outlive k3s's unit and would hold up each shutdown.
            "etc/systemd/system.conf.d/stop.conf": "[Manager]\nDefaultTimeoutStopSec=5s\n",
        };
        for (const [path, text] of Object.entries(texts)) {
            mkdirSync(dirname(join(root, path)), { recursive: true });
            writeFileSync(join(root, path), text);
        }
        const others = ["prometheus", "prometheus-alertmanager", "prometheus-node-exporter"];
        const units = ["containerd", "etcd", "cni-dhcp", "ssh", "e2scrub_reap", ...others].map(
            (name) => `${name}.service`,
        );
        const timers = ["apt-daily.timer", "apt-daily-upgrade.timer", "cni-dhcp.socket"];
        await run("chroot", [root, "systemctl", "mask", ...units, ...timers]);
        await run("chroot", [root, "systemctl", "enable", "k3s.service", writableSys]);
        await makeDisk(join(made, "card.img"), "1200M", ["-d", root]);
        rmSync(root, { recursive: true });
    });
    return join(dir, "card.img");
}

async function makeDisk(image: string, size: string, options: readonly string[]): Promise<void> {
    const lazy = ["-E", "lazy_itable_init=1,lazy_journal_init=1"];
    await run("truncate", ["--size", size, image]);
    await run("mkfs.ext4", ["-q", "-F", "-m", "0", ...lazy, ...options, image]);
}

/** A Debian under systemd-nspawn with a card, an external drive, and a stand-in for k3s. */
export class Host {
    private readonly dir: string;
    private readonly kind: Required<HostKind>;
    /** Whether its card was never booted. */
    private flashed = false;

    /** @param name machine name, unique among the hosts that exist at one time */
    constructor(
        readonly name: string,
        {
            debian = 12,
            role = "server",
            unit = role === "agent" ? "k3s-agent" : "k3s",
        }: HostKind = {},
    ) {
        this.dir = join(folder, name);
        this.kind = { debian, role, unit };
    }

    get root(): string {
        return join(this.dir, "root");
    }

    /** The drive as the machine sees it, host on or off. */
    get drive(): string {
        return join(this.dir, "drive");
    }

    /** /srv/cluster as the machine sees it: what the rest of the cluster knows. It outlives the card. */
    get cluster(): string {
        return join(this.dir, "cluster");
    }

    /** Makes both disks anew, and boots. @param cardSize more than Debian's own for data; both as truncate takes them */
    async create(driveSize = "800M", cardSize?: string): Promise<void> {
        await this.remove();
        for (const path of [this.root, this.drive, this.cluster]) {
            mkdirSync(path, { recursive: true });
        }
        await this.flash();
        if (cardSize !== undefined) {
            await run("truncate", ["--size", cardSize, join(this.dir, "card.img")]);
            await run("resize2fs", [join(this.dir, "card.img")]);
        }
        await makeDisk(join(this.dir, "drive.img"), driveSize, []);
        await this.powerOn();
    }

    /** A new card, as after a reimage; the drive stays. The host must be off. */
    async flash(): Promise<void> {
        await this.unmountAll(this.root);
        const card = await prepareCard(this.kind.debian);
        rmSync(join(this.dir, "card.img"), { force: true });
        await run("cp", ["--sparse=always", card, join(this.dir, "card.img")]);
        this.flashed = true;
    }

    /** Gives the card's k3s the role and the service's name that are this host's. */
    private install(): void {
        const units = join(this.root, "etc/systemd/system");
        const { role, unit } = this.kind;
        const text = readFileSync(join(units, "k3s.service"), "utf8")
            .replace("k3s.service.env", `${unit}.service.env`)
            .replace(/^ {4}server/m, `    ${role}`);
        for (const path of ["k3s.service", "multi-user.target.wants/k3s.service"]) {
            unlinkSync(join(units, path));
        }
        const file = unit.replace(/@.*/, "@");
        writeFileSync(join(units, `${file}.service`), text);
        symlinkSync(
            `/etc/systemd/system/${file}.service`,
            join(units, `multi-user.target.wants/${unit}.service`),
        );
    }

    /** Boots it and waits until systemd has started all. @param withDrive false plays a drive that is not there */
    async powerOn(withDrive = true): Promise<void> {
        await this.mountDisk("card.img", this.root);
        await this.mountDisk("drive.img", this.drive);
        if (this.flashed) {
            this.install();
            this.flashed = false;
        }
        const log = openSync(join(this.dir, "console.log"), "w");
        const child = spawn(
            "unshare",
            [
                // Slave: what is unmounted on the machine must not stay mounted in here.
                ...[
                    "--mount",
                    "--propagation",
                    "slave",
                    "sh",
                    boot,
                    this.name,
                    join(this.dir, "run"),
                    "systemd-nspawn",
                ],
                ...["--quiet", "--register=no", "--keep-unit", "--settings=no", "--boot"],
                ...["--directory", this.root, "--machine", this.name, "--hostname", node],
                ...["--private-network", "--capability=all", "--bind=/dev/loop-control"],
                ...["--system-call-filter=@keyring @bpf @module"],
                ...["--resolv-conf=off", "--timezone=off", "--link-journal=no"],
                `--bind=${this.cluster}:/srv/cluster`,
                ...(withDrive ? [`--bind=${this.drive}:${drive}`] : []),
            ],
            { detached: true, stdio: ["ignore", log, log] },
        );
        closeSync(log);
        child.unref();
        writeFileSync(join(this.dir, "pid"), String(child.pid));
        await until(`${this.name} to boot`, async () => {
            const { output } = await this.exec(
                "timeout 3 systemctl is-system-running --wait || systemctl list-jobs --no-legend",
            ).catch(() => ({ output: "" }));
            // An agent whose server does not answer starts for ever.
            const jobs = [...output.matchAll(/(\S+) +start +running/g)];
            const last = jobs.length > 0 && jobs.every(([, unit = ""]) => unit.startsWith("k3s"));
            return last || /^(running|degraded)$/m.test(output);
        });
    }

    /** Mounts the drive on the running host, as a Pi does when it is plugged in. */
    async plug(): Promise<void> {
        const device = await run("findmnt", ["-rno", "SOURCE", "--mountpoint", this.drive]);
        await this.must(`mount ${device} ${drive}`);
    }

    /** Runs bash on the machine, for what is done to the disks of a host that is off. */
    async outside(script: string): Promise<string> {
        return run("bash", ["-c", script]);
    }

    /** Shuts it down in order. */
    async powerOff(): Promise<void> {
        if (this.leader() !== undefined) {
            await this.exec("systemctl poweroff");
            await this.gone();
        }
    }

    /** Kills every process at once. The page cache survives, which a real cut would lose. */
    async cut(): Promise<void> {
        const leader = this.leader();
        if (leader !== undefined) {
            process.kill(leader, "SIGKILL");
            await this.gone();
        }
    }

    /** Runs bash on the host. */
    async exec(script: string, input = ""): Promise<Result> {
        const leader = this.leader();
        if (leader === undefined) {
            throw new Error(`${this.name} is off: see ${join(this.dir, "console.log")}.`);
        }
        const bash = ["bash", "-c", `exec 2>&1; ${script}`];
        try {
            return {
                code: 0,
                output: await run("nsenter", [...enter(leader), ...bash], { input }),
            };
        } catch (error) {
            if (!(error instanceof CommandError)) {
                throw error;
            }
            return { code: error.exitCode, output: error.output.trimEnd() };
        }
    }

    /** Arguments of nsenter for a command of the caller's own on the running host. */
    entry(): string[] {
        return enter(this.leader() ?? 0);
    }

    /** @throws when the command ends with anything but 0 */
    async must(script: string): Promise<string> {
        const { code, output } = await this.exec(script);
        if (code !== 0) {
            throw new Error(`\`${script}\` on ${this.name} ended with ${code}: ${output}`);
        }
        return output;
    }

    /** Off, unmounted, and its files gone. */
    async remove(): Promise<void> {
        await this.cut();
        await this.unmountAll();
        rmSync(this.dir, { recursive: true, force: true });
        await run("find", [
            // Another host's may go meanwhile.
            ...["/sys/fs/cgroup", "-ignore_readdir_race", "-depth", "-type", "d"],
            ...["-path", `/sys/fs/cgroup*/${this.name}*`, "-exec", "rmdir", "{}", ";"],
        ]);
    }

    private async mountDisk(image: string, target: string): Promise<void> {
        if (!mountsBelow(readFileSync("/proc/self/mounts", "utf8"), target).includes(target)) {
            await run("mount", ["-o", "loop", join(this.dir, image), target]);
        }
    }

    private async unmountAll(below = this.dir): Promise<void> {
        for (const target of mountsBelow(readFileSync("/proc/self/mounts", "utf8"), below)) {
            await detachLoops(target);
            await run("umount", [target]);
        }
    }

    /** The host's own first process, as the machine numbers it. */
    private leader(): number | undefined {
        const children = `/proc/${this.pid}/task/${this.pid}/children`;
        const first = this.runs() ? readFileSync(children, "utf8").split(" ")[0] : "";
        return first === undefined || first === "" ? undefined : Number(first);
    }

    /** Of nspawn; from a file, so that a run that was killed leaves a host that the next one can remove. */
    private get pid(): string {
        const file = join(this.dir, "pid");
        return existsSync(file) ? readFileSync(file, "utf8") : "none";
    }

    /** Whether that process is still this host's own: ids are used again. */
    private runs(): boolean {
        const file = `/proc/${this.pid}/cmdline`;
        return existsSync(file) && readFileSync(file, "utf8").split("\0").includes(this.root);
    }

    private async gone(): Promise<void> {
        await until(`${this.name} to go off`, () => Promise.resolve(!this.runs()));
    }
}

/** Lets go of the loop devices that a test made of files on a disk: they outlive the host, and would keep its disk. */
async function detachLoops(target: string): Promise<void> {
    const disk = await run("findmnt", ["-rnfo", "MAJ:MIN", "--mountpoint", target]);
    const loops = await run("losetup", ["--list", "--noheadings", "-O", "NAME,BACK-MAJ:MIN"]);
    for (const [, loop = "", on] of loops.matchAll(/(\S+) +(\S+)/g)) {
        if (on === disk) {
            await run("losetup", ["--detach", loop]);
        }
    }
}

function enter(leader: number): string[] {
    const spaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd"];
    return ["--target", String(leader), ...spaces, "--"];
}

/** Waits for what is so. @throws after two minutes, naming it */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    await wait(what, 120, async () => (await holds()) || undefined);
}
