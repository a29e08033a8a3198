import { spawn } from "node:child_process";
import {
    closeSync,
    existsSync,
    mkdirSync,
    openSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { bridge, driveMount, type Pi } from "./facts";
import { personalise } from "./identity";
import { mountsBelow } from "./leftovers";
import { piRoot } from "./paths";
import type { Progress } from "./progress";
import { CommandError, inNamespace, run } from "./shell";
import { ssh, waitForSsh } from "./ssh";

const driveSize = "6G";
/** Where a Pi's disks and its console's log are. */
export const piFiles = (pi: Pi) => {
    const dir = piRoot(pi.name);
    return {
        dir,
        card: join(dir, "card.img"),
        /** The card before the present one: see card-swap.ts. */
        oldCard: join(dir, "card.old.img"),
        /** Which card image this one is a copy of. */
        copyOf: join(dir, "card.txt"),
        root: join(dir, "root"),
        driveImage: join(dir, "drive.img"),
        drive: join(dir, "drive"),
        /** Exists while the drive is not plugged in. */
        pulled: join(dir, "drive-pulled"),
        run: join(dir, "run"),
        log: join(dir, "console.log"),
    };
};

/**
 * Makes a Pi (a copy of the card, its own identity, an external drive) when it is new, and boots it when it is off.
 * @param card the image that new cards are copies of
 * @throws when the Pi exists with a copy of another card image, or does not boot
 */
export async function ensurePi(
    pi: Pi,
    card: string,
    pauseImage: string,
    progress: Progress,
): Promise<void> {
    const at = piFiles(pi);
    if (existsSync(at.card) && readFileSync(at.copyOf, "utf8") !== card) {
        throw new Error(
            `${pi.name} runs from an older SD card image than the one that this version of the lab makes: ` +
                "programs and images on it are not the ones to be tried. Run `npm run down`, then `npm start`.",
        );
    }
    if (piProcess(pi) === undefined) {
        progress("copying the card");
        await makeDisks(pi, card);
        await mountOnce(at.card, at.root);
        await personalise(pi, at.root, pauseImage);
        progress("booting");
        await powerOn(pi);
    } else {
        await answers(pi);
    }
}

/**
 * The id of the nspawn process that runs this Pi, or undefined when it is off. Read from the machine: a record could be
 * missing when the command that booted the Pi was killed, or name a process that is another one by now.
 */
export function piProcess(pi: Pi): number | undefined {
    const { root } = piFiles(pi);
    const own = readdirSync("/proc").filter((pid) => {
        const words = processFile(pid, "cmdline").split("\0");
        return words[words.indexOf("--directory") + 1] === root;
    });
    // While it boots, nspawn has children that still carry its command line.
    const first = own.find((pid) => !own.includes(parentOf(pid)));
    return first === undefined ? undefined : Number(first);
}

/** Boots a Pi that is off, and waits until it answers. @throws when it does not */
export async function powerOn(pi: Pi): Promise<void> {
    if (piProcess(pi) === undefined) {
        const at = piFiles(pi);
        await mountOnce(at.card, at.root);
        await mountOnce(at.driveImage, at.drive);
        boot(pi);
    }
    await answers(pi);
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
        const children = processFile(String(id), `task/${id}/children`).split(" ").filter(Boolean);
        for (const child of children) {
            process.kill(Number(child), "SIGKILL");
        }
        await gone(pi);
    }
}

/**
 * Pulls the external drive of a Pi that is off, so that it boots without it; or plugs it in again, also while the Pi is on.
 * @throws when it is to be pulled and the Pi is on: a container's mount cannot be torn out as a cable can
 */
export async function setDrive(pi: Pi, plugged: boolean): Promise<void> {
    const at = piFiles(pi);
    const on = piProcess(pi) !== undefined;
    if (!plugged && on) {
        throw new Error(
            `${pi.name} is on, and the lab cannot tear a drive out of it: \`npm run -s lab -- power off ${pi.name}\` first.`,
        );
    }
    if (!plugged) {
        writeFileSync(at.pulled, "");
    } else if (existsSync(at.pulled)) {
        if (on) {
            // No udev tells the container of a new device: mounted by hand, as fstab would.
            const device = await run("findmnt", ["-rno", "SOURCE", "--mountpoint", at.drive]);
            await ssh(pi, ["sudo", "-n", "mount", device, driveMount]);
        }
        rmSync(at.pulled);
    }
}

async function answers(pi: Pi): Promise<void> {
    await waitForSsh(pi, () => {
        if (piProcess(pi) === undefined) {
            const { log } = piFiles(pi);
            const tail = readFileSync(log, "utf8").trim().split("\n").slice(-15).join("\n");
            throw new Error(`${pi.name} went off while it booted. Its console (${log}):\n${tail}`);
        }
    });
}

async function gone(pi: Pi): Promise<void> {
    const end = Date.now() + 120_000;
    while (piProcess(pi) !== undefined) {
        if (Date.now() > end) {
            throw new Error(
                `${pi.name} did not go off within two minutes: see ${piFiles(pi).log}.`,
            );
        }
        await delay(200);
    }
}

/** Each disk that is not there yet, under another name until it is whole: a killed copy must not be booted. */
export async function makeDisks(pi: Pi, card: string): Promise<void> {
    const at = piFiles(pi);
    mkdirSync(at.root, { recursive: true });
    mkdirSync(at.drive, { recursive: true });
    if (!existsSync(at.driveImage)) {
        const partial = `${at.driveImage}.partial`;
        await run("truncate", ["--size", driveSize, partial]);
        await run("mkfs.ext4", ["-q", "-F", "-m", "0", "-L", "external", partial]);
        renameSync(partial, at.driveImage);
    }
    if (!existsSync(at.card)) {
        const partial = `${at.card}.partial`;
        await run("cp", ["--sparse=always", "--reflink=auto", card, partial]);
        writeFileSync(at.copyOf, card);
        renameSync(partial, at.card);
    }
}

/** Mounts an image, unless something is mounted there. */
export async function mountOnce(image: string, target: string): Promise<void> {
    const mounts = readFileSync("/proc/self/mounts", "utf8");
    if (!mountsBelow(mounts, target).includes(target)) {
        await run("mount", ["-o", "loop", image, target]);
    }
}

/** Starts the container as a process of its own, which outlives this one. */
function boot(pi: Pi): void {
    const at = piFiles(pi);
    const log = openSync(at.log, "a");
    const machine = `rekindle-${pi.name}`;
    const [file, args] = inNamespace("unshare", [
        ...["--mount", "sh", join(__dirname, "boot.sh"), machine, at.run, "systemd-nspawn"],
        ...["--quiet", "--register=no", "--keep-unit", "--settings=no", "--boot"],
        ...["--directory", at.root, "--machine", machine, "--hostname", pi.name],
        `--network-bridge=${bridge}`,
        // A kubelet needs nearly all that a real host has.
        "--capability=all",
        "--system-call-filter=@keyring @bpf @module",
        "--bind-ro=/dev/kmsg",
        "--bind=/dev/loop-control",
        ...["--resolv-conf=off", "--timezone=off", "--link-journal=no"],
        ...(existsSync(at.pulled) ? [] : [`--bind=${at.drive}:${driveMount}`]),
    ]);
    spawn(file, args, { detached: true, stdio: ["ignore", log, log] }).unref();
    closeSync(log);
}

function parentOf(pid: string): string {
    return /^PPid:\s*(\d+)$/m.exec(processFile(pid, "status"))?.[1] ?? "";
}

/** Processes come and go while they are looked at: one that is gone, or is none, reads as empty. */
function processFile(pid: string, name: string): string {
    try {
        return readFileSync(join("/proc", pid, name), "utf8");
    } catch {
        return "";
    }
}
