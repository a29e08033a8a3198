import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { kubeconfigFile } from "../../lab/paths";
import { assertSameAs } from "../engine/compare";
import { expectedSteps, runScenario } from "../engine/scenario";

// The same programs ran on Pulumi's engine, its kubernetes provider and a real Kubernetes 1.36; here they run on the lab's.
const scenarios = [
    ...["k8s-config-rollout", "k8s-labels-update", "k8s-fixed-name"],
    ...["k8s-already-exists", "k8s-invalid", "k8s-stuck-rollout"],
];

describe("the bundled engine's Kubernetes rules", function () {
    this.timeout(300_000);

    before(() => {
        assert.ok(existsSync(kubeconfigFile), "the lab must be running: `npm start` boots it");
    });

    for (const scenario of scenarios) {
        it(scenario, async () => {
            const place = { insideLab: true, env: { KUBECONFIG: kubeconfigFile } };
            assertSameAs(await runScenario(scenario, place), expectedSteps(scenario));
        });
    }
});
