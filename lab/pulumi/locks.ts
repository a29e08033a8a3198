import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { projectName, stackName } from "../stack-place";
import { asOperator } from "./operator";

/** The part of Pulumi's lock files that is read here (backend/diy/lock.go). */
interface Lock {
    readonly pid: number;
    readonly hostname: string;
}

/** Runs `pulumi cancel` when every lock of the stack belongs to a process that is gone, as after a kill, and says so. */
export async function removeDeadLocks(stateFolder: string): Promise<void> {
    const locks = locksIn(stateFolder);
    if (locks.length === 0 || locks.some(isAlive)) {
        return;
    }
    console.error("The last run was killed and left its lock: running `pulumi cancel`.");
    await asOperator("pulumi", ["cancel", "--yes"], { stdio: ["ignore", 2, 2] });
}

/** Whether a run that is still going on holds the stack. */
export function isLocked(stateFolder: string): boolean {
    return locksIn(stateFolder).some(isAlive);
}

function locksIn(stateFolder: string): Lock[] {
    const folder = join(stateFolder, ".pulumi/locks/organization", projectName, stackName);
    return existsSync(folder)
        ? readdirSync(folder)
              .filter((file) => file.endsWith(".json"))
              .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Lock)
        : [];
}

/** Another computer's process cannot be looked at: it counts as alive. A process that is ending has no command line any more. */
function isAlive(lock: Lock): boolean {
    if (lock.hostname !== hostname()) {
        return true;
    }
    try {
        return readFileSync(`/proc/${lock.pid}/cmdline`, "utf8").includes("pulumi");
    } catch {
        return false;
    }
}
