import { randomUUID } from "node:crypto";
import {
    linkSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parseRecord, type DrillRecord } from "./record";

export { earlier, regressions } from "./compare";

export interface History {
    /** Oldest first. */
    readonly records: readonly DrillRecord[];
    /** A sentence for each file that could not be read; the file stays as it is. */
    readonly damaged: readonly string[];
}

/** A record has a few kilobytes; what is larger than this is no record. */
const largest = 1024 * 1024;

/** As `saveRecord` names them: the drill, then the moment it began, then a number where two began together. */
const fileName = /^(.+)-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z(?:-\d+)?)\.json$/;

/**
 * Writes a record under a name of its own, whole or not at all; an earlier run's file is never replaced.
 * @param folder `.lab/drills`, made when it is missing
 * @returns the file
 * @throws when the folder cannot be written to, or the record could not be read again (a time that is no number, say)
 */
export function saveRecord(folder: string, record: DrillRecord): string {
    const text = `${JSON.stringify(record, null, 4)}\n`;
    parseRecord(text, `The record of drill ${record.drill}`);
    mkdirSync(folder, { recursive: true });
    const begun = new Date(record.begun).toISOString().replaceAll(":", "-");
    const name = `${record.drill.replaceAll(/[^A-Za-z0-9]+/g, "_")}-${begun}`;
    const temporary = join(folder, `.${name}-${randomUUID()}.tmp`);
    try {
        writeFileSync(temporary, text, { flush: true });
        for (let count = 1; ; count += 1) {
            const file = join(folder, count === 1 ? `${name}.json` : `${name}-${count}.json`);
            try {
                // Unlike a rename, a link fails where a file stands already.
                linkSync(temporary, file);
                return file;
            } catch (error) {
                if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
                    throw error;
                }
            }
        }
    } finally {
        rmSync(temporary, { force: true });
    }
}

/**
 * Reads the newest records of each drill. A folder that is not there yet is an empty history.
 * @param newest how many files of each drill are opened at most @default 50
 */
export function readHistory(folder: string, newest = 50): History {
    const names = namesIn(folder).filter((name) => name.endsWith(".json"));
    const records: DrillRecord[] = [];
    const damaged = names
        .filter((name) => !fileName.test(name))
        .map((name) => `${join(folder, name)} is not named as a drill record: it was left out.`);
    for (const name of newestNames(names, newest)) {
        try {
            records.push(readRecord(join(folder, name)));
        } catch (error) {
            damaged.push(
                error instanceof Error && error.message.includes(name)
                    ? error.message
                    : `${join(folder, name)} cannot be read: ${String(error)}`,
            );
        }
    }
    records.sort((a, b) => Date.parse(a.begun) - Date.parse(b.begun));
    return { records, damaged };
}

function readRecord(file: string): DrillRecord {
    const { size } = statSync(file);
    if (size > largest) {
        throw new Error(
            `${file} has ${size} bytes, more than any drill record: it was left out. Move it away.`,
        );
    }
    return parseRecord(readFileSync(file, "utf8"), file);
}

/** The names tell drill and time, so that of a long history only what is wanted is opened. */
function newestNames(names: readonly string[], newest: number): string[] {
    const byDrill = new Map<string, string[]>();
    for (const name of names) {
        const drill = fileName.exec(name)?.[1];
        if (drill !== undefined) {
            byDrill.set(drill, [...(byDrill.get(drill) ?? []), name]);
        }
    }
    return [...byDrill.values()].flatMap((group) => group.sort().slice(-newest));
}

function namesIn(folder: string): string[] {
    try {
        return readdirSync(folder);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") {
            return [];
        }
        throw error;
    }
}
