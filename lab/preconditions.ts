import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { builtRoot, cacheRoot } from "./paths";
import { CommandError, run } from "./shell";
import type { Progress } from "./progress";

/** What was found on this machine. */
export interface Facts {
    readonly platform: string;
    readonly root: boolean;
    readonly loopControl: boolean;
    readonly ext4: boolean;
    /** Whether a network and a mount namespace can be made, as far as one who is not root can tell. */
    readonly namespaces: boolean;
    readonly cgroups: boolean;
    /** Room on the cache's file system. */
    readonly freeBytes: number;
    /** Whether Kubernetes is in the cache already. */
    readonly compiled: boolean;
    /** The Debian packages of host programs that are not there. */
    readonly missingPackages: readonly string[];
    readonly apt: boolean;
}

/** One thing that is missing: what, why the lab needs it, how to get it. */
export interface Missing {
    readonly what: string;
    readonly why: string;
    readonly how: string;
}

/** Three Pis: 2.5 GB each after a start, and some room for what is done with them. */
const houseBytes = 10e9;
/** Seen: 9.2 GB of Go modules and compiled packages, 1.6 GB of results. */
const compileBytes = 11e9;

/** The Debian packages that the lab's host needs, and the file that tells whether each is there. */
const hostPackages: Readonly<Record<string, string>> = {
    debootstrap: "/usr/sbin/debootstrap",
    "systemd-container": "/usr/bin/systemd-nspawn",
    iproute2: "/sbin/ip",
    e2fsprogs: "/sbin/mkfs.ext4",
    "openssh-client": "/usr/bin/ssh",
    openssl: "/usr/bin/openssl",
    procps: "/sbin/sysctl",
};

/** Everything that keeps the lab from running here, all at once. Pure. */
export function missing(facts: Facts): Missing[] {
    const neededBytes = houseBytes + (facts.compiled ? 0 : compileBytes);
    const checks: [boolean, string, string, string][] = [
        [
            facts.platform === "linux",
            "Linux",
            "the lab's Pis are Linux containers",
            "run it in a Linux machine or virtual machine",
        ],
        [
            facts.root,
            "root",
            "the lab mounts disk images and makes namespaces",
            "run the same command with sudo",
        ],
        [
            facts.loopControl,
            "loop devices (/dev/loop-control)",
            "each Pi's card and drive is a loop-mounted image",
            "modprobe loop; in a container, pass /dev/loop-control and /dev/loop0 to /dev/loop7 into it",
        ],
        [facts.ext4, "ext4 in the kernel", "cards and drives are ext4", "modprobe ext4"],
        [
            facts.namespaces,
            "the right to make network and mount namespaces",
            "the house lives in a network of its own",
            "run as root outside a container, or in one with CAP_SYS_ADMIN and CAP_NET_ADMIN",
        ],
        [
            facts.cgroups,
            "a writable /sys/fs/cgroup",
            "kubelets keep their pods in cgroups",
            "mount the cgroup hierarchies read-write",
        ],
        [
            facts.freeBytes >= neededBytes,
            `${neededBytes / 1e9} GB of free disk (${(facts.freeBytes / 1e9).toFixed(1)} GB are free)`,
            `the lab keeps its cache and disks in ${cacheRoot}`,
            "free some, or set XDG_CACHE_HOME to a folder on a larger disk",
        ],
        [
            facts.missingPackages.length === 0 || facts.apt,
            facts.missingPackages.join(", "),
            "the lab is made with them, and there is no apt-get here to install them with",
            "use Debian or Ubuntu, or install them by hand",
        ],
    ];
    const lacking = checks.filter(([ok]) => !ok).map(([, what, why, how]) => ({ what, why, how }));
    // Elsewhere the rest is missing too, and there is no getting it.
    return facts.platform === "linux" ? lacking : lacking.slice(0, 1);
}

/** Looks at this machine, and changes nothing. */
export function probe(): Facts {
    const linux = process.platform === "linux";
    const root = linux && process.getuid?.() === 0;
    // Whether root could use it: a user who only has to call sudo is told nothing else.
    const usable = (path: string) => (root ? writable(path) : existsSync(path));
    const { bavail, bsize } = statfsSync(nearestFolder(cacheRoot));
    return {
        platform: process.platform,
        root,
        loopControl: usable("/dev/loop-control"),
        ext4: linux && /\text4$/m.test(readFileSync("/proc/filesystems", "utf8")),
        namespaces: !root || succeeds("unshare", ["--net", "--mount", "true"]),
        cgroups: usable("/sys/fs/cgroup"),
        freeBytes: bavail * bsize,
        compiled: existsSync(builtRoot) && readdirSync(builtRoot).some((dir) => /^k3s-/.test(dir)),
        missingPackages: linux ? missingPackages() : [],
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

/**
 * Installs the Debian packages that are missing; none is the ordinary case.
 * @param also packages beside the lab's own, each with a file that tells whether it is there
 * @throws with apt-get's own words and what to do when it fails
 */
export async function installHostPackages(
    progress: Progress,
    also: Readonly<Record<string, string>> = {},
): Promise<void> {
    const packages = missingPackages(also);
    if (packages.length === 0) {
        return;
    }
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const onLine = (line: string) => {
        progress(line);
    };
    const install = ["install", "--yes", "--quiet", "--no-install-recommends", ...packages];
    try {
        await run("apt-get", ["update", "--quiet"], { env, onLine });
        await run("apt-get", install, { env, onLine });
    } catch (error) {
        if (!(error instanceof CommandError)) {
            throw error;
        }
        throw new Error(
            `The host packages that the lab needs could not be installed. ${error.message}\n` +
                `Make \`apt-get install ${packages.join(" ")}\` work, then run the same command again.`,
            { cause: error },
        );
    }
}

function missingPackages(also: Readonly<Record<string, string>> = {}): string[] {
    const packages = Object.entries({ ...hostPackages, ...also })
        .filter(([, file]) => !existsSync(file))
        .map(([name]) => name);
    // lab/go.ts takes Go from PyPI where the machine's own is missing or too old.
    const canMakeVenv = succeeds("python3", ["-c", "import ensurepip"]);
    return canMakeVenv ? packages : [...packages, "python3-venv"];
}

/** The folder itself, or the nearest one above it that exists: a cache that is not made yet lies on its disk. */
function nearestFolder(path: string): string {
    return existsSync(path) ? path : nearestFolder(dirname(path));
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
