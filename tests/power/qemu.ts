import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../lab/shell";

/** A QEMU in its throw-away root, and how it emulates. */
export interface Qemu {
    readonly root: string;
    readonly accelerator: "kvm" | "tcg";
}

/** Enters the root in a mount namespace of its own, with the VM's folder and /dev/kvm; all of it goes with the process. */
const enter = [
    'mount --bind "$2" "$1/mnt"',
    'mount --rbind /dev "$1/dev"',
    'root=$1; shift 2; exec chroot "$root" "$@"',
].join(" && ");

/** Arguments that run a program of QEMU's root, with `folder` as its /mnt. */
function entering(root: string, folder: string, command: readonly string[]): string[] {
    return ["--mount", "sh", "-c", enter, "sh", root, folder, ...command];
}

/** Runs one of QEMU's programs to its end. */
export async function runTool(root: string, folder: string, ...command: string[]): Promise<void> {
    await run("unshare", entering(root, folder, command));
}

/** Starts QEMU; its standard streams speak QMP, and its process is the VM: SIGKILL is the power cut. */
export function startQemu(qemu: Qemu, folder: string, options: readonly string[]): ChildProcess {
    const log = openSync(join(folder, "qemu.log"), "a");
    const command = ["qemu-system-x86_64", "-accel", qemu.accelerator, ...options];
    // No VM outlives the tests.
    const child = spawn(
        "setpriv",
        ["--pdeathsig", "KILL", "unshare", ...entering(qemu.root, folder, command)],
        { stdio: ["pipe", "pipe", log] },
    );
    closeSync(log);
    return child;
}
