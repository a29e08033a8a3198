import type { ComponentChild } from "preact";
import { earlier, pastOf } from "../compare";
import { publicAnswer, type Series } from "../figures";
import type { DrillRecord } from "../record";
import { table, verdict, when } from "./parts";
import { change, publicOutcome, where } from "./words";

/** The latest run of each drill, one line each, leading to its section. */
export function summary(all: readonly Series[]): ComponentChild {
    return table(
        "The latest run of each drill",
        [
            ...["Drill", "Verdict", "First public 200"],
            ...["Against the median of earlier passed runs", "When"],
        ],
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
        : `${change(answer.at, past.median)} of ${past.times.length}`;
}
