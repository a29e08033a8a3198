import { assertSameAs } from "./compare";
import { expectedSteps, runScenario, type ScenarioStep } from "./scenario";

// Each runs the real command line on a program of `tests/conformance` and is held to what Pulumi's own engine did with it. What
// this does not prove: anything about steps that run side by side, which the recordings avoid.
const scenarios = [
    ...["create-and-repeat", "update", "update-command", "remove", "component", "secrets"],
    ...["failing-create", "failing-update", "failing-delete", "triggers-replace", "alias"],
    ...["delete-before-replace", "deleted-with", "ignore-changes", "protect", "provider"],
    ...["replace-on-changes", "retain", "failing-destroy", "secret-appears", "custom-timeouts"],
    ...["alias-of-parent", "alias-twice"],
    "log-error",
];

describe("the bundled engine does what Pulumi's does", () => {
    const runs = new Map<string, Promise<ScenarioStep[]>>();
    const start = async (scenario: string): Promise<ScenarioStep[]> => {
        const run = runs.get(scenario) ?? runScenario(scenario);
        runs.set(scenario, run);
        return run;
    };

    scenarios.forEach((scenario, index) => {
        it(scenario, async () => {
            const run = start(scenario);
            // Each is many short processes: the next one keeps a second core busy. Its own test tells how it went.
            const next = scenarios[index + 1];
            if (next !== undefined) {
                start(next).catch(() => undefined);
            }
            assertSameAs(await run, expectedSteps(scenario));
        });
    });
});
