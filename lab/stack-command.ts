import { checkHouse, checkNothingLeft } from "./checks";
import { runningHouse } from "./house";
import { duration } from "./progress";
import { checkTable, writeReport, type Check } from "./report";
import { mergeStackConfig, runStack, type StackCommand } from "./stack";

/** Runs `up`, `preview` or `destroy` on the dev stack of the running lab, checks what it should have led to, and reports. */
export async function stackCommand(command: StackCommand, source?: string): Promise<boolean> {
    mergeStackConfig(runningHouse().images, source);
    const run = await runStack(command);
    const checks: Check[] = [
        {
            name: command,
            ok: run.ok,
            detail: run.ok ? `engine: ${run.engine}` : (run.errors[0] ?? "failed"),
        },
        ...(run.ok && command === "up" ? await checkHouse() : []),
        ...(run.ok && command === "destroy" ? await checkNothingLeft() : []),
    ];
    if (command !== "preview") {
        console.log(`\n${checkTable(checks)}`);
    }
    console.log(`${command} took ${duration(run.seconds)}.`);
    const { engine, seconds, steps, errors, changes } = run;
    return writeReport({ command, engine, seconds, steps, errors, changes, checks });
}
