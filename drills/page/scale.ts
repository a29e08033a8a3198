import type { DrillRecord } from "../record";

/** A time axis that begins at second 0. */
export interface Scale {
    /** Its right end, in seconds. */
    readonly end: number;
    readonly ticks: readonly number[];
}

const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200];
/** More labels than this collide on a narrow phone. */
const mostTicks = 6;

/**
 * An axis on which all milestones of some runs have room. The limit of one that was waited for in vain counts; other limits may lie beyond the edge, or they would squeeze what was measured.
 */
export function scaleOf(records: readonly DrillRecord[]): Scale {
    const times = records.flatMap(({ milestones, verdict }) =>
        milestones.map(({ at, limit }) => at ?? (verdict === "interrupted" ? 0 : limit)),
    );
    const end = Math.max(1, ...times) * 1.04;
    const step = steps.find((one) => end / one < mostTicks) ?? end;
    const count = Math.floor(end / step);
    return {
        end,
        ticks: Array.from({ length: count + 1 }, (_, index) => Number((index * step).toFixed(1))),
    };
}

/** Where a moment lies, as SVG wants it, so that the picture can be of every width without scaling its text. */
export function position(seconds: number, { end }: Scale): string {
    return `${((seconds / end) * 100).toFixed(2)}%`;
}
