import { join } from "node:path";
import { labDrills } from "../../drills/list";
import { readHistory } from "../../drills/history";
import type { DrillRecord } from "../../drills/record";
import { isHouseRunning } from "../../lab/house";
import { dotLab } from "../../lab/paths";
import { duration } from "../../lab/progress";
import { table } from "../../lab/report";
import { assertConverges, killedAt } from "../lab/killed-drill";
import { rekindle } from "../lab/lab";
import { runTests } from "../run";
import { momentsOf } from "./moments";
import { everyPoint } from "./sample";

/**
 * Kills what changes things at every point of it, and sees how the next run ends.
 * @param what `volume`: pi-volume.sh on hosts of its own; `lab`: its runs in the lab; or a drill in the running lab @default all drills
 */
export async function runKillTests(what = "all"): Promise<boolean> {
    if (what !== "volume" && what !== "lab") {
        return killDrills(what);
    }
    process.env[everyPoint] = "yes";
    return runTests(what, what === "lab" ? ["2-volumes-cut", "8-drills"] : []);
}

/**
 * Kills drills with SIGKILL at each moment that they report, in the running lab, and prints a table of what `npm start` made of it.
 * @param wanted one drill's name, or all
 * @returns whether each mute ended at its time and each house converged
 * @throws when the lab is not running
 */
async function killDrills(wanted: string): Promise<boolean> {
    const begun = Date.now();
    if (!isHouseRunning()) {
        throw new Error("The lab is not running: `npm start` boots it. Nothing was broken.");
    }
    const rows: string[][] = [];
    for (const { name } of labDrills.filter(({ name }) => wanted === "all" || wanted === name)) {
        for (const moment of momentsOf(await wholeRun(name))) {
            const seen = await killed(name, moment);
            console.log(`${name}, killed at ${moment}: ${seen}`);
            rows.push([seen.startsWith("converged") ? "ok" : "FAILED", name, moment, seen]);
        }
    }
    const failed = rows.filter(([verdict]) => verdict !== "ok").length;
    console.log(`\n${table(["", "drill", "killed at", "npm start"], rows)}\n`);
    console.log(`kill tests took ${duration((Date.now() - begun) / 1000)}`);
    console.log(`\n${rows.length - failed} passed, ${failed} failed`);
    return failed === 0 && rows.length > 0;
}

/** The newest run of a drill that passed; there is one afterwards. */
async function wholeRun(drill: string): Promise<DrillRecord> {
    const passed = () =>
        readHistory(join(dotLab, "drills")).records.findLast(
            (record) => record.drill === drill && record.verdict === "passed",
        );
    const known = passed();
    if (known !== undefined) {
        return known;
    }
    const { output } = await rekindle("drill", drill);
    const record = passed();
    if (record === undefined) {
        throw new Error(
            `The drill ${drill} does not pass by itself, so it is not killed:\n${output}`,
        );
    }
    return record;
}

async function killed(drill: string, moment: string): Promise<string> {
    try {
        const ends = await killedAt(drill, new RegExp(`(^| )${moment}(: not within .*)?$`));
        const seconds = await assertConverges(ends, false);
        return `converged in ${duration(seconds)}`;
    } catch (error) {
        // The next one begins with a house that is well, or none does.
        await rekindle("start");
        return (error as Error).message.trim().split("\n")[0] ?? "failed";
    }
}
