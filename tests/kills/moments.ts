import type { DrillRecord } from "../../drills/record";

/** What a drill prints from the first thing that it breaks on, in its order: milestones as `pi1 SSH`. Pure. */
export function momentsOf({ milestones }: DrillRecord): string[] {
    const byTime = [...milestones].sort((a, b) => (a.at ?? a.limit) - (b.at ?? b.limit));
    return [
        "breaking",
        ...byTime.map(({ host, name }) => (host === undefined ? name : `${host} ${name}`)),
        "restoring",
    ];
}
