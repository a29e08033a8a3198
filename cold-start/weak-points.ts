import type { World } from "./needs";
import { order } from "./order";

/** Something that takes all public hostnames down when it is gone. */
export interface WeakPoint {
    readonly id: string;
    /** How many hostnames; all there are. */
    readonly hostnames: number;
}

/**
 * What alone keeps every public hostname from coming back. Only what the first hostname waits for can be such a thing, so the rest
 * of a large house is not tried.
 * @param world only with what a power-on needs
 */
export function weakPoints(world: World): WeakPoint[] {
    const isHostname = (id: string) => id.startsWith("hostname:");
    const served = [...order(world).steps.keys()].filter(isHostname);
    const [first] = served;
    if (first === undefined) {
        return [];
    }
    const candidates = [...waitedFor(world, first)].filter((id) => !isHostname(id));
    return candidates
        .filter((id) => {
            const { steps } = order(world, new Set([id]));
            return served.every((hostname) => !steps.has(hostname));
        })
        .map((id) => ({ id, hostnames: served.length }));
}

/** All that a thing waits for, over any number of steps. */
function waitedFor({ needs }: World, id: string): Set<string> {
    const targets = new Map<string, string[]>();
    for (const { from, to, optional } of needs) {
        if (!optional) {
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
