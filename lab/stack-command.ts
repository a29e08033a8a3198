import { coldStart } from "../cold-start/proof";
import { readHome } from "../cold-start/read-home";
import { report } from "../cold-start/words";
import { closing, head, judged, markdown, rows, type Judged } from "../impact/summary";
import { checkAlerting, checkNoAlertingLeft } from "./alerting";
import { checkHouse, checkNothingLeft } from "./checks";
import { isHouseRunning, runningHouse } from "./house";
import { duration } from "./progress";
import { runStack, type StackCommand } from "./pulumi/run";
import { checkTable, engineReport, table, writeReport, type Check } from "./report";
import { mergeOfflineConfig, mergeStackConfig } from "./stack";
import { stackPlace } from "./stack-place";
import { addStackZones } from "./stack-zones";

interface StackOptions {
    /** The stack's configuration. @default Pulumi.dev.yaml */
    readonly configFile?: string;
    /** Of a preview: only what it means to the house, for a pull request; everything else goes to stderr. @default false */
    readonly markdown?: boolean;
}

/**
 * Runs `up`, `preview` or `destroy` on the dev stack of the running lab, checks what it should have led to, and reports.
 * A preview needs no lab: it is the difference to the state.
 */
export async function stackCommand(
    command: StackCommand,
    { configFile: source, markdown: forPullRequest = false }: StackOptions = {},
): Promise<boolean> {
    const begun = Date.now();
    const say = forPullRequest ? console.error : console.log;
    if (command === "preview" && !isHouseRunning()) {
        mergeOfflineConfig(source);
        say(
            "The lab is down: this is the difference to the house as it last was, from the state alone.\n",
        );
    } else {
        mergeStackConfig(runningHouse().images, source);
        await addStackZones();
    }
    const circles = command === "destroy" ? undefined : needsItself();
    if (circles !== undefined) {
        console.error(circles);
        return writeReport({
            command,
            seconds: (Date.now() - begun) / 1000,
            errors: [circles],
            checks: [{ name: command, ok: false, detail: circles }],
        });
    }
    const run = await runStack(command, forPullRequest ? "stderr" : "stdout");
    const impact = command === "preview" && run.ok ? judged(run.changes) : [];
    const checks: Check[] = [
        {
            name: command,
            ok: run.ok,
            detail: run.ok ? `Pulumi ${run.engine.version}` : (run.errors[0] ?? "failed"),
        },
        ...dataChecks(impact),
        ...(run.ok && command === "up" ? await checkHouse() : []),
        ...(run.ok && command === "up" ? (await checkAlerting()).checks : []),
        ...(run.ok && command === "destroy" ? await checkNothingLeft() : []),
        ...(run.ok && command === "destroy" ? await checkNoAlertingLeft() : []),
    ];
    if (command !== "preview") {
        say(`\n${checkTable(checks)}`);
    } else if (run.ok) {
        console.log(
            forPullRequest
                ? markdown(impact)
                : `\n${table(head, rows(impact))}\n\n${closing(impact)}`,
        );
    }
    say(`${command} took ${duration(run.seconds)}.`);
    const { seconds, steps, errors } = run;
    const engine = engineReport(run.engine);
    const changes = run.changes.map(({ op, urn, diffs }) => ({ op, urn, diffs }));
    return writeReport({ command, ...engine, seconds, steps, errors, changes, impact, checks });
}

/** A change that could lose data is not one to merge. */
function dataChecks(impact: readonly Judged[]): Check[] {
    return impact
        .filter(({ label }) => label === "data at risk")
        .map(({ resource, why }) => ({ name: `data: ${resource}`, ok: false, detail: why }));
}

/** What the program would refuse too, seconds later: here its engine is not even started. What else is wrong the program tells. */
function needsItself(): string | undefined {
    try {
        const proof = coldStart(readHome(stackPlace().configFile));
        return proof.circles.length === 0 ? undefined : report(proof);
    } catch {
        return undefined;
    }
}
