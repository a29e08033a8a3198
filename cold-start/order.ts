import type { Need, World } from "./needs";

/** What starts, in which step, and what never does. */
export interface Order {
    /** Ids and steps, from 1 on; what starts in one step starts side by side. */
    readonly steps: ReadonlyMap<string, number>;
    /** Ids of what waits forever. */
    readonly stuck: readonly string[];
}

/**
 * Starts each thing once all its required needs are there, or enough of their alternatives. Optional needs are never waited for.
 * @param dead ids that never start, to see what falls with them. @default none
 */
export function order({ things, needs }: World, dead: ReadonlySet<string> = new Set()): Order {
    const waiting = new Map<string, number>();
    const missing = new Map<Need, number>();
    const waiters = new Map<string, Need[]>();
    for (const need of needs) {
        if (need.optional) {
            continue;
        }
        waiting.set(need.from, (waiting.get(need.from) ?? 0) + 1);
        missing.set(need, need.enough);
        for (const id of need.to) {
            const before = waiters.get(id);
            if (before) {
                before.push(need);
            } else {
                waiters.set(id, [need]);
            }
        }
    }
    const steps = new Map<string, number>();
    let ready = [...things.keys()].filter((id) => !waiting.has(id) && !dead.has(id));
    for (let step = 1; ready.length > 0; step += 1) {
        const next: string[] = [];
        for (const id of ready) {
            steps.set(id, step);
            for (const need of waiters.get(id) ?? []) {
                const left = (missing.get(need) ?? 0) - 1;
                missing.set(need, left);
                if (left !== 0) {
                    continue;
                }
                const unmet = (waiting.get(need.from) ?? 0) - 1;
                waiting.set(need.from, unmet);
                if (unmet === 0 && !dead.has(need.from)) {
                    next.push(need.from);
                }
            }
        }
        ready = next;
    }
    return { steps, stuck: [...things.keys()].filter((id) => !steps.has(id)) };
}
