import { firstPublic, type DrillRecord, type Milestone } from "./record";

/** The runs of one drill in one place on one stack. */
export interface Series {
    readonly latest: DrillRecord;
    /** Oldest first, whatever their verdict. */
    readonly before: readonly DrillRecord[];
}

/** The order of reading: the cold start, beside it the design that cannot start, then the partial losses. */
const order = [
    ...["cold", "seed", "recreate", "reimage", "drive"],
    ...["wan", "cloudflare", "registry", "card", "credential"],
];

/** Groups runs by drill, place and stack. @param records oldest first */
export function seriesOf(records: readonly DrillRecord[]): Series[] {
    const groups = Map.groupBy(records, ({ drill, where, stack }) =>
        JSON.stringify([drill, where, stack]),
    );
    return [...groups.values()]
        .flatMap((runs) => {
            const latest = runs.at(-1);
            return latest === undefined ? [] : [{ latest, before: runs.slice(0, -1) }];
        })
        .sort((a, b) => place(a.latest.drill) - place(b.latest.drill));
}

function place(drill: string): number {
    const index = order.indexOf(drill);
    return index === -1 ? order.length : index;
}

/**
 * When a visitor was answered for the first time; undefined where the drill did not time that. Of the drill `seed` it is the answer that
 * must not come: this house, which answers beside that design, is not what it is about.
 */
export function publicAnswer({ drill, milestones }: DrillRecord): Milestone | undefined {
    return milestones.find(({ name, expected }) =>
        drill === "seed" ? expected === "never" : name === firstPublic,
    );
}

/** Seconds of the parts that no design can save; undefined without a floor. */
export function floorSeconds({ floor }: DrillRecord): number | undefined {
    return floor?.parts.reduce((sum, part) => sum + part.seconds, 0);
}

/** First public 200 as a multiple of the floor; undefined where either is missing. */
export function floorRatio(record: DrillRecord): number | undefined {
    const at = publicAnswer(record)?.at;
    const floor = floorSeconds(record);
    return typeof at === "number" && floor !== undefined && floor > 0 ? at / floor : undefined;
}
