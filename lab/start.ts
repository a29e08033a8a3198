import { existsSync } from "node:fs";
import { checkAlerting } from "./alerting";
import { ensureChatPage } from "./chat";
import { checkHouse } from "./checks";
import { checkCounters } from "./counter";
import type { StepCounts } from "./pulumi/events";
import { ensureHouse, isHouseRunning } from "./house";
import { secretsFile } from "./paths";
import { assertPreconditions } from "./preconditions";
import { duration } from "./progress";
import { runStack } from "./pulumi/run";
import { checkTable, engineReport, table, writeReport, type Check } from "./report";
import { mergeStackConfig } from "./stack";
import { forgetStack } from "./stack-place";
import { addStackZones } from "./stack-zones";
import { everything } from "./promises";
import { inWords, promised, undoAll } from "./undo";
import { checkVolumes } from "./volumes";

/** The main job: boots the house on this machine, converges the dev stack on it, and looks at it from outside. */
export async function start(source?: string): Promise<boolean> {
    const begun = Date.now();
    console.log(
        "Rekindle's lab: a house with three Pis on this machine. `npm run down` removes it again.\n",
    );
    assertPreconditions();
    if (!existsSync(secretsFile)) {
        // A new house: what an earlier one left behind (its cache was deleted by hand, say) is not its state.
        forgetStack();
    }
    const left = isHouseRunning() ? promised() : [];
    if (left.length > 0) {
        console.log(
            left === everything
                ? "A drill did not end here, and what it left cannot be read: all that a drill can break is mended first.\n"
                : `A drill did not end here and left ${left.map(inWords).join(", ")}: mended first.\n`,
        );
        // What a part of the house that is away keeps from it is done once that is back.
        await undoAll(false).catch(() => undefined);
    }
    const { house, timings } = await ensureHouse();
    await undoAll();
    mergeStackConfig(house.images, source);
    await addStackZones();
    console.log("\nConverging the dev stack, as `pulumi up` would on a real home:\n");
    const run = await runStack("up");
    const alerting = run.ok ? await checkAlerting() : { checks: [], shown: "" };
    const volumes = run.ok ? await checkVolumes() : { checks: [], shown: "" };
    const checks: Check[] = [
        {
            name: "up",
            ok: run.ok,
            detail: run.ok ? describeSteps(run.steps) : (run.errors[0] ?? "failed, see above"),
        },
        ...(run.ok ? await checkHouse() : []),
        ...volumes.checks,
        ...(run.ok ? await checkCounters() : []),
        ...alerting.checks,
    ];
    const parts = [...timings, { id: "up", title: "up", seconds: run.seconds }];
    const seconds = (Date.now() - begun) / 1000;
    const slow = parts.filter((part) => part.seconds >= 1);
    console.log(
        `\n${table(
            ["part", "took"],
            slow.map((part) => [part.title, duration(part.seconds)]),
        )}\n`,
    );
    for (const shown of [volumes.shown, alerting.shown].filter((text) => text !== "")) {
        console.log(`${shown}\n`);
    }
    console.log(checkTable(checks));
    const ok = writeReport({
        command: "start",
        ...engineReport(run.engine),
        seconds,
        steps: run.steps,
        checks,
        errors: run.errors,
        parts: Object.fromEntries(parts.map((part) => [part.id, Number(part.seconds.toFixed(1))])),
    });
    console.log(
        ok
            ? `\nThe house is up after ${duration(seconds)}; what it tells is at ${await ensureChatPage()}. Try \`npm run -s lab -- get https://git.home.example/\`, or edit Pulumi.dev.yaml and \`npm run preview\`.`
            : "\nThe house did not converge: what failed is marked above. `npm run -s lab -- status` shows its parts; `npm start` tries again.",
    );
    return ok;
}

function describeSteps({ same, ...changed }: StepCounts): string {
    const counts = Object.entries(changed).filter(([, count]) => count > 0);
    const changes = counts.map(([op, count]) => `${count} ${op}`).join(", ") || "0 changes";
    return `${changes}, ${same} unchanged`;
}
