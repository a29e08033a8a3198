import type { Need, Question, World } from "./needs";

/** A step of a circle: `need.from` waits for `to`. */
export interface Hop {
    readonly need: Need;
    readonly to: string;
}
/** Hops of which each begins where the one before ends, and the first where the last ends. */
export type Cycle = readonly Hop[];

export interface Cycles {
    /** Each once, shortest first. */
    readonly cycles: readonly Cycle[];
    /** There are more: so many that nobody would read them, or finding them would take longer than anybody waits. */
    readonly more: boolean;
}

/** A way from a root, as a list that shares its beginning with others. */
interface Way {
    readonly hop: Hop;
    readonly before: Way | undefined;
    readonly length: number;
    readonly root: number;
}

export interface Limits {
    /** With the needs of a rebuild, or without. @default "power-on" */
    readonly question?: Question;
    /** Only circles that begin at this id. @default all */
    readonly through?: string | undefined;
    /** How many are returned. @default 20 */
    readonly most?: number;
}

const mostSteps = 20_000_000;

/**
 * The circles among things that wait forever: whatever is stuck waits for something stuck, so there is one at least.
 * Ways grow from each thing over those that come after it, the most promising first, so that each circle is met once, at its first
 * thing, and short ones before long ones.
 * @param stuck ids of what never starts, in the order in which a circle's beginning is chosen
 */
export function cyclesAmong(
    { needs }: World,
    stuck: readonly string[],
    { question = "power-on", through, most = 20 }: Limits = {},
): Cycles {
    const ranks = new Map(stuck.map((id, rank) => [id, rank]));
    const relevant = needs.filter(({ when }) => question === "rebuild" || when === question);
    const hops = withoutEnds(unmetHops(relevant, ranks), ranks);
    const rankOf = (hop: Hop) => ranks.get(hop.to) ?? -1;
    const homeward = distances(hops, rankOf);

    const found: Cycle[] = [];
    // Ways by the least length that a circle on them can have.
    const queue: Way[][] = [];
    const add = (way: Way) => {
        const end = rankOf(way.hop);
        const rest = end === way.root ? 0 : homeward(way.root).get(end);
        if (rest !== undefined) {
            (queue[way.length + rest] ??= []).push(way);
        }
    };
    // Backwards here and below: what is added last is looked at first, and circles of one length shall stand as things do.
    for (let root = hops.length - 1; root >= 0; root -= 1) {
        const isWanted = through === undefined || stuck[root] === through;
        for (const hop of isWanted ? (hops[root]?.toReversed() ?? []) : []) {
            if (rankOf(hop) >= root) {
                add({ hop, before: undefined, length: 1, root });
            }
        }
    }
    let stepsLeft = mostSteps;
    // Grows while it is walked: the rest of a way is never shorter than what was foretold.
    for (let length = 1; length < queue.length; length += 1) {
        const ways = queue[length] ?? [];
        for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
            const end = rankOf(way.hop);
            if (stepsLeft <= 0 || (end === way.root && found.length === most)) {
                return { cycles: found, more: true };
            }
            if (end === way.root) {
                found.push(hopsOf(way));
                continue;
            }
            stepsLeft -= way.length;
            for (const hop of hops[end]?.toReversed() ?? []) {
                const next = rankOf(hop);
                if (next === way.root || (next > way.root && !passes(way, hop.to))) {
                    add({ hop, before: way, length: way.length + 1, root: way.root });
                }
            }
        }
    }
    return { cycles: found, more: false };
}

/** How far it is back to a root over things that come after it; what is absent has no way back. */
function distances(hops: readonly (readonly Hop[])[], rankOf: (hop: Hop) => number) {
    const back = hops.map((): number[] => []);
    hops.forEach((out, from) => {
        out.forEach((hop) => back[rankOf(hop)]?.push(from));
    });
    const known = new Map<number, Map<number, number>>();
    return (root: number): Map<number, number> => {
        const before = known.get(root);
        if (before) {
            return before;
        }
        const far = new Map([[root, 0]]);
        for (const [rank, distance] of far) {
            for (const from of back[rank] ?? []) {
                if (from > root && !far.has(from)) {
                    far.set(from, distance + 1);
                }
            }
        }
        known.set(root, far);
        return far;
    };
}

/** From each thing to those it waits for, each once: a need that enough alternatives meet already is none. */
function unmetHops(needs: readonly Need[], ranks: ReadonlyMap<string, number>): Hop[][] {
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
function withoutEnds(hops: Hop[][], ranks: ReadonlyMap<string, number>): Hop[][] {
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

function passes(way: Way, id: string): boolean {
    for (let at: Way | undefined = way; at; at = at.before) {
        if (at.hop.to === id) {
            return true;
        }
    }
    return false;
}

function hopsOf(way: Way): Hop[] {
    const hops: Hop[] = [];
    for (let at: Way | undefined = way; at; at = at.before) {
        hops.push(at.hop);
    }
    return hops.reverse();
}
