import {
    existsSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    renameSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { dotLab } from "../lab/paths";
import type { DrillRecord } from "./record";

export const drillsFolder = join(dotLab, "drills");

/** Keeps a record; no earlier one is ever overwritten. */
export function keepRecord(record: DrillRecord): DrillRecord {
    mkdirSync(drillsFolder, { recursive: true });
    const file = join(drillsFolder, `${record.drill}-${record.begun.replaceAll(":", "-")}.json`);
    writeFileSync(`${file}.partial`, `${JSON.stringify(record, null, 4)}\n`);
    renameSync(`${file}.partial`, file);
    return record;
}

export function readRecords(): DrillRecord[] {
    const names = existsSync(drillsFolder) ? readdirSync(drillsFolder) : [];
    return names
        .filter((name) => name.endsWith(".json"))
        .map((name) => JSON.parse(readFileSync(join(drillsFolder, name), "utf8")) as DrillRecord);
}
