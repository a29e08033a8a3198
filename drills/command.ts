import { duration } from "../lab/progress";
import { table, writeReport } from "../lab/report";
import type { Drill } from "./drill";
import { keepRecord } from "./history";
import type { House } from "./house";
import type { DrillRecord } from "./record";
import { runDrill } from "./run";
import { writePage } from "./page";

/** Runs drills one after the other and leaves a record of each, and the page of all. @returns whether all passed */
export async function drillCommand(name: string): Promise<boolean> {
    const { labHouse } = await import("./lab-house.js");
    const { chosen, labDrills } = await import("./list.js");
    const drills = chosen(name, labDrills);
    return runDrills(drills, labHouse());
}

async function runDrills<H extends House>(drills: readonly Drill<H>[], house: H): Promise<boolean> {
    const begun = Date.now();
    const interrupt = new AbortController();
    process.once("SIGINT", () => {
        console.log("\nInterrupted: what was broken is mended first.");
        interrupt.abort(new Error("interrupted"));
    });
    const records: DrillRecord[] = [];
    for (const drill of drills) {
        if (interrupt.signal.aborted) {
            break;
        }
        console.log(`\n${drill.name}: ${drill.about}`);
        const say = (line: string) => {
            console.log(`  ${line}`);
        };
        const record = keepRecord(await runDrill(drill, house, say, interrupt.signal));
        records.push(record);
        console.log(`  ${record.verdict} after ${duration(record.seconds)}`);
        record.problems.forEach((problem) => {
            console.log(`  ${problem}`);
        });
        floorOf(record).forEach(say);
    }
    const page = writePage();
    console.log(`\n${summary(records)}\n\nThe report is ${page}`);
    return writeReport({
        command: "drill",
        engine: house.engine,
        seconds: (Date.now() - begun) / 1000,
        checks: records.map((record) => ({
            name: record.drill,
            ok: record.verdict === "passed",
            detail: record.problems[0] ?? duration(record.seconds),
        })),
    });
}

/** The cold start beside what no design could be faster than. */
function floorOf({ floor, milestones }: DrillRecord): string[] {
    const first = milestones.find((one) => one.name === "first public 200")?.at;
    if (floor === undefined || first === undefined || first === null) {
        return [];
    }
    const total = floor.parts.reduce((sum, { seconds }) => sum + seconds, 0);
    return [
        ...floor.parts.map(({ name, seconds }) => `floor: ${seconds.toFixed(1)} s ${name}`),
        `first public 200 after ${first.toFixed(1)} s, ${(first / total).toFixed(2)} times the floor of ${total.toFixed(1)} s`,
    ];
}

function summary(records: readonly DrillRecord[]): string {
    const at = (record: DrillRecord, name: string) => {
        const seen = record.milestones.find((one) => one.name === name)?.at;
        return seen === null || seen === undefined ? "-" : `${seen.toFixed(1)} s`;
    };
    return table(
        ["", "drill", "first public 200", "canary", "took", "why"],
        records.map((record) => [
            ...[record.verdict === "passed" ? "ok" : record.verdict.toUpperCase(), record.drill],
            ...[at(record, "first public 200"), at(record, "canary delivered")],
            ...[duration(record.seconds), (record.problems[0] ?? "").slice(0, 100)],
        ]),
    );
}
