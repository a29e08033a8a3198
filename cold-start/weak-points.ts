import type { World } from "./needs";
import type { Proof } from "./proof";

/** Something that takes all public hostnames down when it is gone. */
export interface WeakPoint {
    readonly id: string;
    /** How many hostnames; all there are. */
    readonly hostnames: number;
}

/**
 * What alone keeps every public hostname from coming back. Only what the first hostname waits for can be such a thing, so the rest
 * of a large house is not tried.
 */
export function weakPoints({ world, order, start }: Proof): WeakPoint[] {
    const isHostname = (id: string) => id.startsWith("hostname:");
    const served = [...order.steps.keys()].filter(isHostname);
    const [first] = served;
    if (first === undefined) {
        return [];
    }
    const candidates = [...waitedFor(world, first)].filter((id) => !isHostname(id));
    return candidates
        .filter((id) => {
            const { steps } = start("power-on", new Set([id]));
            return served.every((hostname) => !steps.has(hostname));
        })
        .map((id) => ({ id, hostnames: served.length }));
}

/** All that a thing waits for, over any number of steps. */
function waitedFor({ needs }: World, id: string): Set<string> {
    const targets = new Map<string, string[]>();
    for (const { from, to, optional, when } of needs) {
        if (!optional && when === "power-on") {
            targets.set(from, [...(targets.get(from) ?? []), ...to]);
        }
    }
    const seen = new Set([id]);
    for (const at of seen) {
        for (const to of targets.get(at) ?? []) {
            seen.add(to);
        }
    }
    seen.delete(id);
    return seen;
}
