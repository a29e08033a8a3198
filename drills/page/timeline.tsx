import type { ComponentChild } from "preact";
import { pastOf, type Past } from "../compare";
import type { DrillRecord, Milestone } from "../record";
import { position, type Scale } from "./scale";
import { duration, outcome, owner } from "./words";

/** Height of a milestone's lane, in pixels: its label above, its line below, so that neither covers the other. */
const lane = 30;
const label = -8;
/** What a label may take of a narrow phone. */
const longestName = 17;

interface Row {
    readonly name: string;
    readonly milestones: readonly Milestone[];
}

/** What came back when: a row for the house and one for each Pi, a line for each milestone. */
export function timeline(
    record: DrillRecord,
    scale: Scale,
    past: readonly Past[],
    caption: ComponentChild,
): ComponentChild {
    return (
        <figure class="timeline">
            <figcaption>{caption}</figcaption>
            {rows(record).map((row) => (
                <div class="row">
                    <div class="host">{row.name}</div>
                    <svg role="img" height={row.milestones.length * lane}>
                        <title>{told(row, record)}</title>
                        {grid(scale)}
                        {row.milestones.map((one, index) => (
                            <g transform={`translate(0 ${index * lane + 22})`}>
                                {upright("limit", one.limit, scale)}
                                {upright("median", pastOf(one, past)?.median, scale)}
                                {one.at === null
                                    ? missing(one, record)
                                    : reached(one, one.at, scale)}
                            </g>
                        ))}
                    </svg>
                </div>
            ))}
            <div class="row">
                <div class="host" />
                <svg height={20} aria-hidden="true">
                    {scale.ticks.map((tick, index) => (
                        <text
                            x={position(tick, scale)}
                            y={15}
                            text-anchor={index === 0 ? "start" : "middle"}
                        >
                            {tick < 120 ? `${tick} s` : duration(tick)}
                        </text>
                    ))}
                </svg>
            </div>
        </figure>
    );
}

/** What is no Pi's first, then the Pis as a person counts them; in each what came first before the rest. */
function rows({ milestones }: DrillRecord): Row[] {
    const byTime = (a: Milestone, b: Milestone) => (a.at ?? Infinity) - (b.at ?? Infinity) || 0;
    const host = ([first]: readonly Milestone[]) => first?.host ?? "";
    return [...Map.groupBy(milestones, owner)]
        .sort(([, a], [, b]) => host(a).localeCompare(host(b), "en", { numeric: true }))
        .map(([name, list]) => ({ name, milestones: list.sort(byTime) }));
}

const told = ({ name, milestones }: Row, record: DrillRecord): string =>
    `${name}: ${milestones.map((one) => `${one.name} ${outcome(one, record)}`).join(", ")}`;

function grid(scale: Scale): ComponentChild {
    return scale.ticks.map((tick) => {
        const x = position(tick, scale);
        return <line class="tick" x1={x} x2={x} y1="0" y2="100%" />;
    });
}

/** A limit or a median, unless it lies beyond the edge. */
function upright(kind: string, seconds: number | undefined, scale: Scale): ComponentChild {
    if (seconds === undefined || seconds > scale.end) {
        return null;
    }
    const x = position(seconds, scale);
    return <line class={kind} x1={x} x2={x} y1={-7} y2={7} />;
}

function reached(milestone: Milestone, at: number, scale: Scale): ComponentChild {
    const { name, limit, expected } = milestone;
    const wrong = expected === "never" || at > limit;
    const x = position(at, scale);
    // Where there is room on a phone: to its right, to both sides, to its left.
    const anchor = ["start", "middle", "end"][Math.floor((at / scale.end) * 3)] ?? "end";
    return (
        <g class={wrong ? "wrong" : "reached"}>
            <line x1="0" x2={x} y1="0" y2="0" />
            <circle cx={x} cy="0" r="5" />
            <text x={x} y={label} text-anchor={anchor}>
                {wrong ? "✗ " : ""}
                {short(name)} {duration(at)}
            </text>
        </g>
    );
}

/** Dashed over the whole width: it was still not there when the drill stopped waiting. */
function missing({ name, limit, expected }: Milestone, { verdict }: DrillRecord): ComponentChild {
    const never = expected === "never";
    // Shorter than in the table: a phone is narrow.
    const missed = verdict === "interrupted" ? "not yet" : `not within ${duration(limit)}`;
    return (
        <g class={never ? "never" : "wrong"}>
            <line class="waits" x1="0" x2="100%" y1="0" y2="0" />
            <text x="100%" y={label} text-anchor="end">
                {never ? "∞" : "✗"} {short(name)} {never ? "never came" : missed}
            </text>
        </g>
    );
}

const short = (name: string): string =>
    name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name;
