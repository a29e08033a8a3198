import type { ComponentChild } from "preact";
import { publicAnswer, type Series } from "../figures";
import { firstPublic, type DrillRecord } from "../record";
import { signs, table, verdict, when } from "./parts";
import { title } from "./summary";
import { duration, minute, publicOutcome, verdictWords } from "./words";

/** As many lines as are read; the picture has all. */
const listed = 10;
/** Few runs get no broader bars than so many would. */
const slots = 24;
/** Height of the picture, in pixels. */
const height = 72;

/** A bar for each run, oldest first and the latest last, then the newest as a table. */
export function earlierRuns({ latest, before }: Series): ComponentChild {
    const shown = before.slice(-listed).reverse();
    const older = before.length - shown.length;
    return (
        <>
            {bars([...before, latest])}
            {table(
                `Earlier runs of ${title(latest)}, newest first`,
                ["When", "Verdict", "First public 200", "In all"],
                shown.map((run) => [
                    when(run),
                    verdict(run),
                    publicOutcome(run),
                    duration(run.seconds),
                ]),
            )}
            {older > 0 && <p>{older} older ones are in the folder.</p>}
        </>
    );
}

function bars(runs: readonly DrillRecord[]): ComponentChild {
    // A drill that times no public answer, the seed's for example, is shown by its whole length.
    const timed = runs.some((run) => typeof publicAnswer(run)?.at === "number");
    const values = runs.map((run) => (timed ? publicAnswer(run)?.at : run.seconds) ?? null);
    const top = Math.max(1, ...values.map((value) => value ?? 0));
    const what = timed ? firstPublic : "the whole drill";
    return (
        <figure class="bars">
            <figcaption>
                Of {runs.length} runs, oldest first and the latest last: {what}, at most{" "}
                {duration(top)}.
            </figcaption>
            <svg role="img" height={height + 14}>
                <title>
                    {what}: {values.map((value) => told(value)).join(", ")}
                </title>
                {runs.map((run, index) => bar(run, values[index] ?? null, index, runs.length, top))}
            </svg>
        </figure>
    );
}

const told = (value: number | null): string => (value === null ? "none" : duration(value));

function bar(
    run: DrillRecord,
    value: number | null,
    index: number,
    count: number,
    top: number,
): ComponentChild {
    const slot = 100 / Math.max(slots, count);
    const x = `${(index * slot).toFixed(2)}%`;
    const width = `${(slot * 0.7).toFixed(2)}%`;
    const tall = value === null ? 2 : Math.max(2, (value / top) * height);
    const last = index === count - 1;
    return (
        <g class={`bar${last ? " latest" : ""}${run.verdict === "passed" ? "" : " wrong"}`}>
            <title>
                {minute(run.begun)}: {told(value)}, {verdictWords(run)}
            </title>
            <rect x={x} width={width} y={height - tall} height={tall} />
            {run.verdict !== "passed" && (
                <text x={x} y={height + 12}>
                    {signs[run.verdict]}
                </text>
            )}
        </g>
    );
}
