import { checkAlerting, checkNoAlertingLeft } from "./alerting";
import { checkHouse, checkNothingLeft } from "./checks";
import { isHouseRunning, runningHouse } from "./house";
import { duration } from "./progress";
import { checkTable, writeReport, type Check } from "./report";
import { mergeOfflineConfig, mergeStackConfig, runStack, type StackCommand } from "./stack";
import { addStackZones } from "./stack-zones";

/**
 * Runs `up`, `preview` or `destroy` on the dev stack of the running lab, checks what it should have led to, and reports.
 * A preview needs no lab: it is the difference to the state.
 */
export async function stackCommand(command: StackCommand, source?: string): Promise<boolean> {
    if (command === "preview" && !isHouseRunning()) {
        mergeOfflineConfig(source);
        console.log(
            "The lab is down: this is the difference to the house as it last was, from the state alone.\n",
        );
    } else {
        mergeStackConfig(runningHouse().images, source);
        await addStackZones();
    }
    const run = await runStack(command);
    const checks: Check[] = [
        {
            name: command,
            ok: run.ok,
            detail: run.ok ? `engine: ${run.engine}` : (run.errors[0] ?? "failed"),
        },
        ...(run.ok && command === "up" ? await checkHouse() : []),
        ...(run.ok && command === "up" ? (await checkAlerting()).checks : []),
        ...(run.ok && command === "destroy" ? await checkNothingLeft() : []),
        ...(run.ok && command === "destroy" ? await checkNoAlertingLeft() : []),
    ];
    if (command !== "preview") {
        console.log(`\n${checkTable(checks)}`);
    }
    console.log(`${command} took ${duration(run.seconds)}.`);
    const { engine, seconds, steps, errors, changes } = run;
    return writeReport({ command, engine, seconds, steps, errors, changes, checks });
}
