import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { oldCard } from "./card-swap";
import { removeDrillLeftovers } from "./drill-leftovers";
import { eventually } from "./eventually";
import { k3sUnit, pis } from "./facts";
import { runningHouse } from "./house";
import { internetClient } from "./internet-client";
import { writeKept } from "./kept-file";
import { kubectl } from "./kubectl";
import { piRoot, runRoot } from "./paths";
import { piProcess, powerOn, setDrive } from "./pi";
import { promisesIn, type Undo } from "./promises";
import { each } from "./each";
import { removeSeed } from "./seed-leftovers";
import { piNamed, ssh } from "./ssh";

/** Fills a card; a Pi's own path. */
export const fillerFile = "/var/drill-filler";

const undoFile = join(runRoot, "undo.json");

/** Notes what is to be undone, before it is done. */
export function promiseUndo(action: Undo): void {
    writeKept(undoFile, [...promised().filter((one) => !same(one, action)), action]);
}

/** What is still to be undone, oldest first; all that there can be when the file cannot be read. */
export function promised(): readonly Undo[] {
    return existsSync(undoFile) ? promisesIn(readFileSync(undoFile, "utf8")) : [];
}

/** Undoes one thing; once more does no harm. */
export async function undo(action: Undo): Promise<void> {
    await perform(action);
    writeKept(
        undoFile,
        promised().filter((one) => !same(one, action)),
    );
}

/**
 * Undoes all that is promised, the newest first. What cannot be undone keeps nothing else from it, and stays promised.
 * @param cluster whether the house is up; what needs it is left otherwise. @default true
 * @throws with every reason, at the end
 */
export async function undoAll(cluster = true): Promise<void> {
    const due = [...promised()].reverse();
    await each(
        due.filter(({ kind }) => cluster || !["seed", "drill"].includes(kind)),
        undo,
    );
}

/** In words, for people. */
export function inWords(action: Undo): string {
    switch (action.kind) {
        case "power":
            return "Pis without power";
        case "faults":
            return "parts outside the house that give no answer";
        case "drive":
            return `${action.pi} without its drive`;
        case "card-full":
            return `${action.pi} with a full card`;
        case "old-card":
            return `${action.pi} with a new card`;
        case "seed":
            return "the seed's own tunnel";
        case "drill":
            return "its pods, files and rules";
    }
}

async function perform(action: Undo): Promise<void> {
    switch (action.kind) {
        case "power":
            await Promise.all(pis.map(powerOn));
            await eventually(180, async () =>
                kubectl(runningHouse().k3s, ["get", "nodes", "--request-timeout=5s"]),
            );
            return;
        case "faults":
            await internetClient().clearFaults();
            return;
        case "drive":
            return plug(action.pi);
        case "card-full":
            // From this machine: the card is mounted here whether its Pi is on or off.
            rmSync(join(piRoot(action.pi), "root", fillerFile), { force: true });
            return;
        case "old-card":
            return oldCard(piNamed(action.pi)).putBack();
        case "seed":
            return removeSeed();
        case "drill":
            return removeDrillLeftovers();
    }
}

async function plug(name: string): Promise<void> {
    const pi = piNamed(name);
    await setDrive(pi, true);
    if (piProcess(pi) !== undefined) {
        // As udev has systemd do where there is one.
        await ssh(pi, ["sudo", "-n", "systemctl", "start", "--no-block", k3sUnit(pi)]);
    }
}

const same = (one: Undo, other: Undo) => JSON.stringify(one) === JSON.stringify(other);
