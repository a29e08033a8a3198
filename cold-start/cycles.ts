import { homewards, unmetHops, withoutEnds, type Homeward } from "./hops";
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
/** Where short circles abound, nobody measures how far it is around the long ones. */
const horizons = [4, 32, Infinity];

/**
 * The circles among things that wait forever: whatever is stuck waits for something stuck, so there is one at least.
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
    const homeward = homewards(hops.map((out) => out.map(rankOf)));
    const only = through === undefined ? undefined : (ranks.get(through) ?? -1);
    let found: Cycles = { cycles: [], more: false };
    for (const horizon of horizons) {
        found = cyclesWithin(horizon, { hops, rankOf, homeward, only, most });
        if (found.more) {
            break;
        }
    }
    return found;
}

interface Search {
    readonly hops: readonly (readonly Hop[])[];
    readonly rankOf: (hop: Hop) => number;
    readonly homeward: Homeward;
    /** The one beginning, if not each thing. */
    readonly only: number | undefined;
    readonly most: number;
}

/**
 * Ways grow from each thing over those that come after it, the most promising first, so that each circle is met once, at its first
 * thing, and short ones before long ones.
 * @param horizon the greatest length
 */
function cyclesWithin(horizon: number, { hops, rankOf, homeward, only, most }: Search): Cycles {
    const found: Cycle[] = [];
    // Ways by the least length that a circle on them can have.
    const queue: Way[][] = [];
    const add = (way: Way, far: Int32Array) => {
        const rest = far[rankOf(way.hop)] ?? -1;
        if (rest >= 0 && way.length + rest <= horizon) {
            (queue[way.length + rest] ??= []).push(way);
        }
    };
    // Backwards here and below: what is added last is looked at first, and circles of one length shall stand as things do.
    for (let root = hops.length - 1; root >= 0; root -= 1) {
        const out = only === undefined || only === root ? (hops[root] ?? []) : [];
        const later = out.filter((hop) => rankOf(hop) >= root);
        const far = later.length > 0 ? homeward(root, horizon) : new Int32Array();
        for (const hop of later.toReversed()) {
            add({ hop, before: undefined, length: 1, root }, far);
        }
    }
    let stepsLeft = mostSteps;
    // Of the root whose ways are being grown: those of one stand together.
    let measured = { root: -1, far: new Int32Array() as Int32Array };
    // Grows while it is walked: the rest of a way is never shorter than what was foretold.
    for (let length = 1; length < queue.length; length += 1) {
        const ways = queue[length] ?? [];
        for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
            const { root } = way;
            const end = rankOf(way.hop);
            if (stepsLeft <= 0 || (end === root && found.length === most)) {
                return { cycles: found, more: true };
            }
            if (end === root) {
                found.push(hopsOf(way));
                continue;
            }
            if (root !== measured.root) {
                measured = { root, far: homeward(root, horizon) };
                stepsLeft -= hops.length;
            }
            stepsLeft -= way.length;
            for (const hop of hops[end]?.toReversed() ?? []) {
                const next = rankOf(hop);
                if (next === root || (next > root && !passes(way, hop.to))) {
                    add({ hop, before: way, length: way.length + 1, root }, measured.far);
                }
            }
        }
    }
    return { cycles: found, more: false };
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
