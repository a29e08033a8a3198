import { accessSync, constants, existsSync, mkdirSync, readFileSync, statfsSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { cacheRoot } from "./paths";
import { run } from "./shell";
import type { Progress } from "./progress";

/** What was found on this machine. */
export interface Facts {
    readonly platform: string;
    readonly root: boolean;
    readonly loopControl: boolean;
    readonly ext4: boolean;
    /** Whether a network and a mount namespace can be made. */
    readonly namespaces: boolean;
    readonly cgroups: boolean;
    /** Whether the file system of the cache has room, in bytes. */
    readonly freeBytes: number;
    readonly missingPrograms: readonly string[];
    readonly apt: boolean;
}

/** One thing that is missing: what, why the lab needs it, how to get it. */
export interface Missing {
    readonly what: string;
    readonly why: string;
    readonly how: string;
}

/** Seen in the lab: 8.5 GB while Kubernetes compiles, and what three cards and drives may grow to. */
const neededBytes = 15e9;

/** The host's programs that the lab uses, and the Debian package that each comes from. */
export const hostPrograms: Readonly<Record<string, string>> = {
    debootstrap: "debootstrap",
    "systemd-nspawn": "systemd-container",
    ip: "iproute2",
    "mkfs.ext4": "e2fsprogs",
    ssh: "openssh-client",
    openssl: "openssl",
    sysctl: "procps",
};

/** Everything that keeps the lab from running here, all at once. Pure. */
export function missing(facts: Facts): Missing[] {
    const checks: [boolean, Missing][] = [
        [
            facts.platform === "linux",
            {
                what: "Linux",
                why: "the lab's Pis are Linux containers",
                how: "run it in a Linux machine or virtual machine",
            },
        ],
        [
            facts.root,
            {
                what: "root",
                why: "the lab mounts disk images and makes namespaces",
                how: "run the same command with sudo",
            },
        ],
        [
            facts.loopControl,
            {
                what: "loop devices (/dev/loop-control)",
                why: "each Pi's card and drive is a loop-mounted image",
                how: "modprobe loop; in a container, pass /dev/loop-control and /dev/loop0 to /dev/loop15 into it",
            },
        ],
        [
            facts.ext4,
            { what: "ext4 in the kernel", why: "cards and drives are ext4", how: "modprobe ext4" },
        ],
        [
            facts.namespaces,
            {
                what: "the right to make network and mount namespaces",
                why: "the house lives in a network of its own",
                how: "run as root outside a container, or in one with CAP_SYS_ADMIN and CAP_NET_ADMIN",
            },
        ],
        [
            facts.cgroups,
            {
                what: "a writable /sys/fs/cgroup",
                why: "kubelets keep their pods in cgroups",
                how: "mount the cgroup hierarchies read-write",
            },
        ],
        [
            facts.freeBytes >= neededBytes,
            {
                what: `${neededBytes / 1e9} GB of free disk (${(facts.freeBytes / 1e9).toFixed(1)} GB are free)`,
                why: `the lab keeps its cache and disks in ${cacheRoot}`,
                how: "free some, or set XDG_CACHE_HOME to a folder on a larger disk",
            },
        ],
        [
            facts.missingPrograms.length === 0 || facts.apt,
            {
                what: facts.missingPrograms.join(", "),
                why: "the lab is made with them, and there is no apt-get here to install them with",
                how: "use Debian or Ubuntu, or install them by hand",
            },
        ],
    ];
    return checks.filter(([ok]) => !ok).map(([, what]) => what);
}

/** Looks at this machine; changes nothing but the cache's own folder. */
export function probe(): Facts {
    const linux = process.platform === "linux";
    const root = linux && process.getuid?.() === 0;
    mkdirSync(cacheRoot, { recursive: true });
    const { bavail, bsize } = statfsSync(cacheRoot);
    return {
        platform: process.platform,
        root,
        loopControl: writable("/dev/loop-control"),
        ext4: linux && /\text4$/m.test(readFileSync("/proc/filesystems", "utf8")),
        namespaces: root && succeeds("unshare", ["--net", "--mount", "true"]),
        cgroups: writable("/sys/fs/cgroup"),
        freeBytes: bavail * bsize,
        missingPrograms: missingPrograms(),
        apt: succeeds("sh", ["-c", "command -v apt-get"]),
    };
}

/** @throws with every missing precondition: which, why, and how to get it; nothing was changed then */
export function assertPreconditions(facts: Facts = probe()): void {
    const lacking = missing(facts);
    if (lacking.length > 0) {
        throw new Error(
            ["The lab cannot run here; nothing was changed. Missing:"]
                .concat(
                    lacking.map(
                        ({ what, why, how }) =>
                            `  ${what}\n      why: ${why}\n      how to get it: ${how}`,
                    ),
                )
                .join("\n"),
        );
    }
}

/** Installs the Debian packages of missing host programs; none is the ordinary case. */
export async function installHostPackages(progress: Progress): Promise<void> {
    const packages = missingPrograms().map((program) => hostPrograms[program] ?? program);
    if (packages.length === 0) {
        return;
    }
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const onLine = (line: string) => {
        progress(line);
    };
    await run("apt-get", ["update", "--quiet"], { env, onLine });
    await run("apt-get", ["install", "--yes", "--quiet", "--no-install-recommends", ...packages], {
        env,
        onLine,
    });
}

function missingPrograms(): string[] {
    const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin"];
    return Object.keys(hostPrograms).filter(
        (program) => !folders.some((folder) => existsSync(`${folder}/${program}`)),
    );
}

function writable(path: string): boolean {
    try {
        accessSync(path, constants.W_OK);
        return true;
    } catch {
        return false;
    }
}

function succeeds(file: string, args: readonly string[]): boolean {
    try {
        execFileSync(file, args, { stdio: "ignore" });
        return true;
    } catch {
        return false;
    }
}
