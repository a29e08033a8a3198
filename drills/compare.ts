import type { DrillRecord, Milestone } from "./record";

/** How long a milestone took in earlier passed runs of the same drill. */
export interface Past {
    readonly name: string;
    readonly host?: string | undefined;
    /** Seconds, oldest run first; runs that did not reach it are left out. */
    readonly times: readonly number[];
    readonly median: number;
}

/** From so many earlier runs on, their slowest says something about the next one. */
const enoughRuns = 3;
/** What a busy machine adds now and then: less than this beyond the slowest run is noise. */
const slowerBy = { part: 0.5, seconds: 10 };

/**
 * The runs that `record` may be measured against: passed, earlier, of the same drill in the same place and stack,
 * and from the same second 0, since any of these moves every figure.
 */
export function comparable(record: DrillRecord, all: readonly DrillRecord[]): DrillRecord[] {
    return all.filter(
        (other) =>
            other.verdict === "passed" &&
            other.drill === record.drill &&
            other.where === record.where &&
            other.stack === record.stack &&
            other.zero === record.zero &&
            Date.parse(other.begun) < Date.parse(record.begun),
    );
}

/** The earlier times of each milestone of `record` that has some. */
export function earlier(record: DrillRecord, all: readonly DrillRecord[]): Past[] {
    const runs = comparable(record, all);
    return record.milestones.flatMap(({ name, host }) => {
        const times = runs
            .map((run) => run.milestones.find((one) => one.name === name && one.host === host)?.at)
            .filter((at) => typeof at === "number");
        return times.length === 0 ? [] : [{ name, host, times, median: median(times) }];
    });
}

/** What was measured earlier for one milestone of a record. */
export function pastOf({ name, host }: Milestone, past: readonly Past[]): Past | undefined {
    return past.find((one) => one.name === name && one.host === host);
}

/**
 * The clear regressions of a run: a sentence for each, and a last one on what to do. Empty when there is none.
 *
 * A milestone has clearly regressed when at least three earlier passed runs reached it and it came later than the
 * slowest of them by more than half of that and by more than 10 s. The slowest, not the median, because runs on a
 * shared machine scatter to one side; half, because a smaller loss drowns in that; 10 s, because half of a short time
 * is nothing a person waits for. A milestone that did not come at all is a failure of its own and not told here.
 */
export function regressions(record: DrillRecord, all: readonly DrillRecord[]): string[] {
    const past = earlier(record, all);
    const slower = record.milestones.flatMap((milestone) => {
        const { at, name, host, expected } = milestone;
        const times = pastOf(milestone, past)?.times ?? [];
        if (at === null || expected === "never" || times.length < enoughRuns) {
            return [];
        }
        const slowest = Math.max(...times);
        const over = at - slowest;
        if (over <= slowest * slowerBy.part || over <= slowerBy.seconds) {
            return [];
        }
        const what = host === undefined ? name : `${name} of ${host}`;
        return [
            `Clear regression: ${what} came ${at.toFixed(1)} s after ${record.zero}; the slowest of ` +
                `${times.length} earlier runs took ${slowest.toFixed(1)} s.`,
        ];
    });
    return slower.length === 0 ? [] : [...slower, advice];
}

const advice =
    "Run the drill once more; if it stays slow, look for what changed since, or, if it is meant to be so, move the " +
    "earlier records out of .lab/drills.";

/** @throws when there is no value */
export function median(values: readonly number[]): number {
    const sorted = [...values].sort((a, b) => a - b);
    const upper = sorted[Math.floor(sorted.length / 2)];
    const lower = sorted[Math.floor((sorted.length - 1) / 2)];
    if (upper === undefined || lower === undefined) {
        throw new Error("There is no median of no values.");
    }
    return (lower + upper) / 2;
}
