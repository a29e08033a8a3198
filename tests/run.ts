import { prepareBase } from "../lab/card";
import { assertPreconditions, installHostPackages } from "../lab/preconditions";
import { duration } from "../lab/progress";
import { choose, type Chosen } from "./choose";
import { lanes } from "./groups";
import { failureReport, timeReport, type Outcome } from "./outcome";
import { runGroup } from "./run-group";
import { runSideBySide } from "./side-by-side";

/**
 * Runs tests, shows where their time went, and prints the closing line `N passed, N failed`.
 * @param wanted a group's name, or `all` or `quick`
 * @param files some files of that group, by number or name @default all of them
 * @returns whether all passed
 * @throws when there is no such group or file
 */
export async function runTests(wanted: string, files: readonly string[] = []): Promise<boolean> {
    const begun = Date.now();
    const chosen = choose(wanted, files);
    const outcomes = wanted === "all" ? await runAll(chosen) : await runInOrder(chosen);
    const passed = outcomes.reduce((sum, each) => sum + each.passed, 0);
    const failed = outcomes.reduce((sum, each) => sum + each.failed, 0);
    if (process.send === undefined) {
        console.log(`\n${timeReport(outcomes)}`);
        console.log(
            `\n${wanted} tests took ${duration((Date.now() - begun) / 1000)} on Node ${process.version}`,
        );
        if (failed > 0) {
            console.log(`\n${failureReport(outcomes)}`);
        }
        console.log(`\n${passed} passed, ${failed} failed`);
    } else {
        // Another run started this one and sums up.
        process.send(outcomes);
    }
    return failed === 0 && passed > 0;
}

/** Runs the quick groups first, then the lanes, then the lab, which wants the machine for itself. */
async function runAll(chosen: readonly Chosen[]): Promise<readonly Outcome[]> {
    const apart = lanes.flat();
    const quick = chosen.filter(({ group }) => group.quick === true);
    const rest = chosen.filter((one) => !quick.includes(one) && !apart.includes(one.group.name));
    await prepareHost({ shellcheck: "/usr/bin/shellcheck" });
    const first = await runInOrder(quick);
    // Both lanes need it, and it is made once.
    await prepareBase(() => undefined);
    const { compileCluster } = await import("../lab/house.js");
    // Half of the lanes' time is waiting: on a new machine what the lab needs is compiled meanwhile.
    const [beside] = await Promise.all([runSideBySide(lanes), compileCluster()]);
    return [...first, ...beside, ...(await runInOrder(rest))];
}

async function runInOrder(chosen: readonly Chosen[]): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const one of chosen) {
        if (one.group.host === true) {
            await prepareHost();
        }
        await one.group.prepare?.();
        if (one.group.engine === true) {
            const { ensureEngine } = await import("../lab/pulumi/engine.js");
            await ensureEngine(() => undefined);
        }
        outcomes.push(await (one.group.name === "lab" ? runLab(one) : runGroup(one)));
    }
    return outcomes;
}

/** Runs files that share one converged lab, and converges it again after one that failed. */
async function runLab(chosen: Chosen): Promise<Outcome> {
    const { convergeAgain, ensureConverged } = await import("./lab/converged.js");
    await ensureConverged(chosen.files);
    return runGroup(chosen, convergeAgain);
}

/** Installs the Debian packages that a new machine does not have. @param also more than the lab's own */
async function prepareHost(also: Readonly<Record<string, string>> = {}): Promise<void> {
    assertPreconditions();
    await installHostPackages(() => undefined, also);
}
