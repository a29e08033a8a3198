import type { ComponentChild } from "preact";
import { earlier, pastOf, type Past } from "../compare";
import { floorRatio, floorSeconds, type Series } from "../figures";
import type { DrillRecord } from "../record";
import { besideCold } from "./beside";
import { table, verdict, when } from "./parts";
import { earlierRuns } from "./runs";
import { scaleOf } from "./scale";
import { title } from "./summary";
import { timeline } from "./timeline";
import { change, duration, outcome, owner, purpose, ratio } from "./words";

/**
 * One drill: its latest run in full, and earlier ones beside it.
 * @param number of the section, which the summary links to
 * @param cold the cold start of the same house, which the seed's design is set beside
 */
export function section(series: Series, number: number, cold?: DrillRecord): ComponentChild {
    const { latest, before } = series;
    const id = `drill-${number}`;
    const past = earlier(latest, before);
    return (
        <section id={id} aria-labelledby={`${id}-title`}>
            <h2 id={`${id}-title`}>{title(latest)}</h2>
            <p>{purpose(latest.drill)}</p>
            <p>
                {verdict(latest)} · {when(latest)} · {duration(latest.seconds)} in all, preparation
                and restoring included
            </p>
            {latest.problems.length > 0 && (
                <>
                    <h3>What is wrong</h3>
                    <ul class="problems">
                        {latest.problems.map((problem) => (
                            <li>{problem}</li>
                        ))}
                    </ul>
                </>
            )}
            {latest.milestones.length > 0 && (
                <>
                    <h3>What came back when</h3>
                    {latest.drill === "seed" ? besideCold(latest, cold) : alone(latest, past)}
                    {milestones(latest, past)}
                </>
            )}
            {floor(latest)}
            {before.length > 0 && (
                <>
                    <h3>Earlier runs</h3>
                    {earlierRuns(series)}
                </>
            )}
            {checks(latest)}
            <h3>What it rested on</h3>
            {latest.rested.length === 0 ? (
                <p>Nothing that a real house lacks.</p>
            ) : (
                <ul>
                    {latest.rested.map((one) => (
                        <li>{one}</li>
                    ))}
                </ul>
            )}
        </section>
    );
}

function alone(record: DrillRecord, past: readonly Past[]): ComponentChild {
    return timeline(record, scaleOf([record]), past, `Seconds after ${record.zero}`);
}

function milestones(record: DrillRecord, past: readonly Past[]): ComponentChild {
    return (
        <details>
            <summary>The same as a table</summary>
            {table(
                `Milestones of ${title(record)}, from ${record.zero}`,
                ["Milestone", "Of", "Came after", "Limit", "Median before", "Change"],
                record.milestones.map((one) => {
                    const before = pastOf(one, past);
                    return [
                        ...[one.name, owner(one), outcome(one, record), duration(one.limit)],
                        before ? duration(before.median) : "–",
                        before && one.at !== null ? change(one.at, before.median) : "–",
                    ];
                }),
            )}
        </details>
    );
}

function floor(record: DrillRecord): ComponentChild {
    const least = floorSeconds(record);
    const times = floorRatio(record);
    if (least === undefined || record.floor === undefined) {
        return null;
    }
    return (
        <>
            <h3>The floor</h3>
            <p>
                What no design of the tunnel could have saved on this power-on: {duration(least)}.{" "}
                {times !== undefined && `The first public 200 took ${ratio(times)}.`}
            </p>
            {table(
                `Parts of the floor of ${title(record)}`,
                ["Part", "Took"],
                record.floor.parts.map(({ name, seconds }) => [name, duration(seconds)]),
            )}
        </>
    );
}

function checks(record: DrillRecord): ComponentChild {
    const failed = record.checks.filter(({ ok }) => !ok).length;
    const count = record.checks.length;
    if (count === 0) {
        return null;
    }
    return (
        <>
            <h3>Checks</h3>
            <details open={failed > 0}>
                <summary>
                    {failed === 0 ? `${count}, all ok` : `${failed} of ${count} failed`}
                </summary>
                {table(
                    `Checks of ${title(record)}`,
                    ["Check", "Result", "Seen"],
                    record.checks
                        .toSorted((a, b) => Number(a.ok) - Number(b.ok))
                        .map(({ name, ok, detail }) => [name, ok ? "ok" : "FAILED", detail]),
                )}
            </details>
        </>
    );
}
