import * as pulumi from "@pulumi/pulumi";
import type { Home } from "./cold-start/home";
import { coldStart, type Proof } from "./cold-start/proof";
import { report } from "./cold-start/words";

export { coldStart } from "./cold-start/proof";
export { homeOf } from "./cold-start/home";
export { watchWorkloads } from "./cold-start/workloads";

/**
 * Proves that a home comes back by itself after a power cut, and can be rebuilt from what lies outside it.
 * @throws pulumi.RunError with every circle of what it needs, the reasons and the ways out
 */
export function provenColdStart(home: Home): Proof {
    const proof = coldStart(home);
    if (proof.circles.length > 0) {
        throw new pulumi.RunError(report(proof));
    }
    return proof;
}
