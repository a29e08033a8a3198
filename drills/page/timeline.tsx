import type { ComponentChild } from "preact";
import { pastOf, type Past } from "../compare";
import type { DrillRecord, Milestone } from "../record";
import { position, type Scale } from "./scale";
import { duration, outcome } from "./words";

/** Height of a milestone's line, in pixels. */
const lane = 22;
/** What a label may take of a narrow phone. */
const longestName = 18;

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
                        <title>{told(row)}</title>
                        {grid(scale)}
                        {row.milestones.map((one, index) =>
                            mark(one, index * lane + lane / 2, scale, pastOf(one, past)),
                        )}
                    </svg>
                </div>
            ))}
            <div class="row">
                <div class="host" />
                <svg height={lane} aria-hidden="true">
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

/** The house first, then the Pis as a person counts them; in each what came first before the rest. */
function rows({ milestones }: DrillRecord): Row[] {
    const byTime = (a: Milestone, b: Milestone) => (a.at ?? Infinity) - (b.at ?? Infinity) || 0;
    return [...Map.groupBy(milestones, ({ host }) => host)]
        .sort(([a = ""], [b = ""]) => a.localeCompare(b, "en", { numeric: true }))
        .map(([host = "the house", list]) => ({ name: host, milestones: list.sort(byTime) }));
}

const told = ({ name, milestones }: Row): string =>
    `${name}: ${milestones.map((one) => `${one.name} ${outcome(one)}`).join(", ")}`;

function grid(scale: Scale): ComponentChild {
    return scale.ticks.map((tick) => {
        const x = position(tick, scale);
        return <line class="tick" x1={x} x2={x} y1="0" y2="100%" />;
    });
}

function mark(milestone: Milestone, y: number, scale: Scale, past?: Past): ComponentChild {
    const { at, limit } = milestone;
    return (
        <>
            {limit <= scale.end && upright("limit", limit, y, scale)}
            {past !== undefined &&
                past.median <= scale.end &&
                upright("median", past.median, y, scale)}
            {at === null ? missing(milestone, y) : reached(milestone, at, y, scale)}
        </>
    );
}

function upright(kind: string, seconds: number, y: number, scale: Scale): ComponentChild {
    const x = position(seconds, scale);
    return <line class={kind} x1={x} x2={x} y1={y - 8} y2={y + 8} />;
}

function reached(milestone: Milestone, at: number, y: number, scale: Scale): ComponentChild {
    const { limit, expected } = milestone;
    const wrong = expected === "never" || at > limit;
    const x = position(at, scale);
    // Past the middle there is more room to the left of the mark.
    const left = at > scale.end / 2;
    return (
        <g class={wrong ? "wrong" : "reached"}>
            <line x1="0" x2={x} y1={y} y2={y} />
            <circle cx={x} cy={y} r="5" />
            <text x={x} y={y + 4} dx={left ? -10 : 10} text-anchor={left ? "end" : "start"}>
                {short(milestone.name)} {outcome(milestone)}
            </text>
        </g>
    );
}

/** Dashed over the whole width: it was still not there when the drill stopped waiting. */
function missing(milestone: Milestone, y: number): ComponentChild {
    const never = milestone.expected === "never";
    return (
        <g class={never ? "never" : "wrong"}>
            <line class="waits" x1="0" x2="100%" y1={y} y2={y} />
            <text x="100%" y={y + 4} text-anchor="end">
                {never ? "∞" : "✗"} {short(milestone.name)}{" "}
                {never ? "never came" : outcome(milestone)}
            </text>
        </g>
    );
}

const short = (name: string): string =>
    name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name;
