import { reportPage } from "../drills/page";
import type { DrillRecord } from "../drills/record";
import { parsed, type Element } from "./html";

/** A passed cold start in the lab, with whatever a test wants otherwise. */
export function run(changes: Partial<DrillRecord> = {}): DrillRecord {
    return {
        version: 1,
        drill: "cold",
        where: "lab",
        stack: "dev",
        begun: "2026-11-24T01:02:03.004Z",
        zero: "power on",
        seconds: 130,
        verdict: "passed",
        problems: [],
        milestones: [
            { name: "SSH", host: "pi1", at: 9.5, limit: 120 },
            { name: "SSH", host: "pi2", at: 11, limit: 120 },
            { name: "API", at: 30, limit: 300 },
            { name: "first public 200", at: 48, limit: 600 },
        ],
        checks: [{ name: "data intact", ok: true, detail: "counter 4211" }],
        floor: {
            parts: [
                { name: "bare pod Ready", seconds: 36 },
                { name: "connector's own start", seconds: 4 },
            ],
        },
        rested: ["preloaded images"],
        ...changes,
    };
}

/** A run so many days after the first. */
export const onDay = (day: number): string => new Date(Date.UTC(2026, 10, 24 + day)).toISOString();

/** The same run, one milestone of which did not come. */
export const missing = (record: DrillRecord, name: string, more: object = {}): DrillRecord => ({
    ...record,
    milestones: record.milestones.map((one) =>
        one.name === name ? { ...one, at: null, ...more } : one,
    ),
});

/** A run of the seed's design that hung, a day after the first. */
export const seed = (changes: Partial<DrillRecord> = {}): DrillRecord => ({
    ...missing(run(), "first public 200", { expected: "never", limit: 180 }),
    ...{ drill: "seed", deadlocked: true, begun: onDay(1), floor: undefined },
    ...changes,
});

/** The elements of the report on some runs, oldest first. */
export const pageOf = (...records: DrillRecord[]): readonly Element[] =>
    parsed(reportPage({ records, damaged: [] })).elements;
