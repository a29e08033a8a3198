import type { ComponentChild } from "preact";
import { earlier, pastOf } from "../compare";
import { publicAnswer, type Series } from "../figures";
import type { DrillRecord } from "../record";
import { table, verdict, when } from "./parts";
import { change, publicOutcome, where } from "./words";

/** The latest run of each drill, one line each, leading to its section. */
export function summary(all: readonly Series[]): ComponentChild {
    return table(
        "The latest run of each drill, and its change from the median of earlier passed runs",
        ["Drill", "Verdict", "First public 200", "Change", "When"],
        all.map(({ latest, before }, index) => [
            <a href={`#drill-${index + 1}`}>{title(latest)}</a>,
            verdict(latest),
            publicOutcome(latest),
            against(latest, before),
            when(latest),
        ]),
    );
}

/** A figure from the lab says so wherever it stands. */
export function title(record: DrillRecord): string {
    return `${record.drill}, ${where(record)} (${record.stack})`;
}

function against(record: DrillRecord, before: readonly DrillRecord[]): string {
    const answer = publicAnswer(record);
    const past = answer && pastOf(answer, earlier(record, before));
    if (typeof answer?.at !== "number") {
        return "–";
    }
    return past === undefined
        ? "none to compare with"
        : `${change(answer.at, past.median)}, ${past.times.length} ${past.times.length === 1 ? "run" : "runs"}`;
}
