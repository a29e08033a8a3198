import { availableParallelism } from "node:os";
import { assertSameAs } from "./compare";
import { expectedSteps, runScenario, type ScenarioStep } from "./scenario";

// Each runs the real command line on a program of `tests/conformance` and is held to what Pulumi's own engine did with it. What
// this does not prove: anything about steps that run side by side, which the recordings avoid.
const scenarios = [
    ...["create-and-repeat", "update", "update-command", "remove", "component", "secrets"],
    ...["failing-create", "failing-update", "failing-delete", "triggers-replace", "alias"],
    ...["delete-before-replace", "deleted-with", "ignore-changes", "protect", "provider"],
    ...["replace-on-changes", "retain"],
];

describe("the bundled engine does what Pulumi's does", () => {
    const runs = new Map<string, Promise<ScenarioStep[]>>();

    // A scenario is many short processes: one for each core keeps the machine busy.
    before(() => {
        const lanes = Array.from({ length: availableParallelism() }, () => Promise.resolve());
        scenarios.forEach((scenario, index) => {
            const lane = index % lanes.length;
            const run = (lanes[lane] ?? Promise.resolve()).then(async () => runScenario(scenario));
            runs.set(scenario, run);
            lanes[lane] = run.then(
                () => undefined,
                () => undefined,
            );
        });
    });

    for (const scenario of scenarios) {
        it(scenario, async () => {
            assertSameAs((await runs.get(scenario)) ?? [], expectedSteps(scenario));
        });
    }
});
