import type { Hop } from "./cycles";
import type { Need } from "./needs";

/** How far it is back to a root, by rank; -1 where there is no way. Of one root at a time: thousands are measured. */
export type Homeward = (root: number, horizon: number) => Int32Array;

/**
 * Measures ways back to a root over things that come after it, no longer than a horizon.
 * @param targets ranks of what each thing waits for
 */
export function homewards(targets: readonly (readonly number[])[]): Homeward {
    const back = targets.map((): number[] => []);
    targets.forEach((ends, from) => {
        for (const end of ends) {
            back[end]?.push(from);
        }
    });
    const far = new Int32Array(targets.length).fill(-1);
    let met: number[] = [];
    return (root, horizon) => {
        for (const rank of met) {
            far[rank] = -1;
        }
        far[root] = 0;
        met = [root];
        // Grows while it is walked.
        for (const rank of met) {
            const distance = (far[rank] ?? 0) + 1;
            for (const from of distance < horizon ? (back[rank] ?? []) : []) {
                if (from > root && far[from] === -1) {
                    far[from] = distance;
                    met.push(from);
                }
            }
        }
        return far;
    };
}

/** From each thing to those it waits for, each once: a need that enough alternatives meet already is none. */
export function unmetHops(needs: readonly Need[], ranks: ReadonlyMap<string, number>): Hop[][] {
    const hops = Array.from({ length: ranks.size }, (): Hop[] => []);
    for (const need of needs) {
        const from = need.optional ? undefined : hops[ranks.get(need.from) ?? -1];
        if (from === undefined) {
            continue;
        }
        const waits = need.to.filter((to) => ranks.has(to));
        if (need.to.length - waits.length < need.enough) {
            for (const to of waits) {
                if (!from.some((hop) => hop.to === to)) {
                    from.push({ need, to });
                }
            }
        }
    }
    return hops;
}

/** Without what merely waits for a circle: what nobody waits for is in none. Most of a stuck house is such. */
export function withoutEnds(hops: Hop[][], ranks: ReadonlyMap<string, number>): Hop[][] {
    const waiters = hops.map(() => 0);
    const count = (hop: Hop, change: number) => {
        const rank = ranks.get(hop.to) ?? -1;
        waiters[rank] = (waiters[rank] ?? 0) + change;
        return waiters[rank] === 0 ? [rank] : [];
    };
    for (const hop of hops.flat()) {
        count(hop, 1);
    }
    const ends = [...hops.keys()].filter((rank) => waiters[rank] === 0);
    // Grows while it is walked.
    for (const rank of ends) {
        ends.push(...(hops[rank] ?? []).flatMap((hop) => count(hop, -1)));
        hops[rank] = [];
    }
    return hops;
}
