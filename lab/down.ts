import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, subfolders, traces } from "./leftovers";
import { builtRoot, runRoot } from "./paths";
import type { Progress } from "./progress";
import { CommandError, run } from "./shell";

/**
 * Removes everything that the lab has on this machine except the cache, whatever state it was left in.
 * All of it lies in the lab's folder or is reached from there: nothing of anybody else's can be mistaken for it.
 * @returns what could not be removed, one line each; empty when all is gone
 */
export async function down(progress: Progress): Promise<string[]> {
    progress("ending processes");
    await endProcesses();
    progress("unmounting");
    await releaseKernelObjects();
    // Never through a mount that could not be removed: a drive's files are not the lab's to delete there.
    if (traces().mounts.length === 0) {
        progress("removing files");
        rmSync(runRoot, { recursive: true, force: true });
        removePartialBuilds();
    }
    return describe(traces());
}

/** Kills until none is left: a parent may start another child between two looks. */
async function endProcesses(): Promise<void> {
    for (let look = 0; look < 50; look++) {
        const { processes } = traces();
        if (processes.length === 0) {
            return;
        }
        for (const pid of processes) {
            try {
                process.kill(pid, "SIGKILL");
            } catch {
                // It ended by itself since the look.
            }
        }
        await delay(100);
    }
}

/** The kernel lets go of a container's mounts and cgroups a moment after its last process. */
async function releaseKernelObjects(): Promise<void> {
    for (let look = 0; look < 50; look++) {
        const { mounts, loops, cgroups } = traces();
        if (mounts.length + loops.length + cgroups.length === 0) {
            return;
        }
        for (const path of mounts) {
            await tolerate(run("umount", [path]));
        }
        for (const device of loops) {
            await tolerate(run("losetup", ["--detach", device]));
        }
        cgroups.forEach(removeCgroup);
        await delay(100);
    }
}

function removeCgroup(path: string): void {
    for (const child of subfolders(path)) {
        removeCgroup(child);
    }
    try {
        rmdirSync(path);
    } catch {
        // Still in use: the last look names it.
    }
}

function removePartialBuilds(): void {
    for (const name of existsSync(builtRoot) ? readdirSync(builtRoot) : []) {
        if (name.startsWith(".partial-")) {
            rmSync(join(builtRoot, name), { recursive: true, force: true });
        }
    }
}

/** A step that fails is seen by the last look, which tells what is left. */
async function tolerate(step: Promise<unknown>): Promise<void> {
    try {
        await step;
    } catch (error) {
        if (!(error instanceof CommandError)) {
            throw error;
        }
    }
}
