import { join } from "node:path";
import { duration } from "../lab/progress";
import { dotLab } from "../lab/paths";
import { stackName } from "../lab/stack-place";
import { table, writeReport as writeJson } from "../lab/report";
import type { Drill } from "./drill";
import { floorRatio, floorSeconds, publicAnswer } from "./figures";
import { readHistory, regressions, saveRecord } from "./history";
import type { House } from "./house";
import { confirmed, operatorAt } from "./operator";
import type { DrillRecord } from "./record";
import { runDrill } from "./run";
import { writeReport } from "./report";

const folder = join(dotLab, "drills");

/**
 * Runs drills one after the other and leaves a record of each, and the page of all.
 * @param name one drill's, or `all`
 * @param stack the lab's, or a real home's
 * @returns whether all passed
 */
export async function drillCommand(name: string, stack = stackName): Promise<boolean> {
    return stack === stackName ? labCommand(name) : homeCommand(name, stack);
}

async function labCommand(name: string): Promise<boolean> {
    const { chosen, labDrills } = await import("./list.js");
    const drills = chosen(name, labDrills);
    const { labHouse } = await import("./lab-house.js");
    return runDrills(drills, labHouse(), interruptible());
}

/** What cannot be taken back is begun only by somebody who has typed the stack's name. */
async function homeCommand(name: string, stack: string): Promise<boolean> {
    const { chosen, homeDrills } = await import("./list.js");
    const drills = chosen(name, homeDrills);
    const { homeStack } = await import("./automation.js");
    const home = await homeStack(stack);
    const interrupt = interruptible();
    const operator = operatorAt(process.stdin, process.stdout, () => {
        process.kill(process.pid, "SIGINT");
    });
    try {
        await confirmed(operator, drills, stack, interrupt);
        const { homeHouse } = await import("./home-house.js");
        const house = homeHouse(home, async (question) => {
            await operator.ask(`  ${question} `, interrupt);
        });
        try {
            return await runDrills(drills, house, interrupt);
        } finally {
            house.close();
        }
    } finally {
        operator.close();
    }
}

/** The first SIGINT mends before it ends; a second one ends at once. */
function interruptible(): AbortSignal {
    const interrupt = new AbortController();
    process.once("SIGINT", () => {
        console.log("\nInterrupted: what was broken is mended first.");
        interrupt.abort(new Error("It was interrupted."));
    });
    return interrupt.signal;
}

async function runDrills<H extends House>(
    drills: readonly Drill<H>[],
    house: H,
    interrupt: AbortSignal,
): Promise<boolean> {
    const begun = Date.now();
    const records: DrillRecord[] = [];
    for (const drill of drills) {
        if (interrupt.aborted) {
            break;
        }
        console.log(`\n${drill.name}: ${drill.about}`);
        const say = (line: string) => {
            console.log(`  ${line}`);
        };
        const record = judged(await runDrill(drill, house, say, interrupt));
        saveRecord(folder, record);
        records.push(record);
        console.log(`  ${record.verdict} after ${duration(record.seconds)}`);
        record.problems.forEach((problem) => {
            console.log(`  ${problem}`);
        });
        floorOf(record).forEach(say);
    }
    const page = writeReport(folder);
    console.log(`\n${summary(records)}\n\nThe report is ${page}`);
    return writeJson({
        command: "drill",
        seconds: (Date.now() - begun) / 1000,
        checks: records.map((record) => ({
            name: record.drill,
            ok: record.verdict === "passed",
            detail: record.problems[0] ?? duration(record.seconds),
        })),
    });
}

/** A clear regression is a failure, too. */
function judged(record: DrillRecord): DrillRecord {
    const slower = regressions(record, readHistory(folder).records);
    return slower.length === 0 || record.verdict !== "passed"
        ? record
        : { ...record, verdict: "failed", problems: slower };
}

/** The cold start beside what no design could be faster than. */
function floorOf(record: DrillRecord): string[] {
    const [total, ratio, first] = [floorSeconds(record), floorRatio(record), publicAnswer(record)];
    return total === undefined || ratio === undefined
        ? []
        : [
              ...(record.floor?.parts ?? []).map(
                  ({ name, seconds }) => `floor: ${seconds.toFixed(1)} s ${name}`,
              ),
              `first public 200 after ${first?.at?.toFixed(1) ?? "?"} s, ${ratio.toFixed(2)} times the floor of ${total.toFixed(1)} s`,
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
