import type { ComponentChild } from "preact";
import { publicAnswer } from "../figures";
import { firstPublic, type DrillRecord } from "../record";
import { scaleOf } from "./scale";
import { timeline } from "./timeline";
import { duration, minute } from "./words";

/** The seed's design and Rekindle's cold start on one time axis: where one waits for ever, the other goes on. */
export function besideCold(seed: DrillRecord, cold?: DrillRecord): ComponentChild {
    const scale = scaleOf(cold === undefined ? [seed] : [seed, cold]);
    const at = cold && publicAnswer(cold)?.at;
    return (
        <>
            <p>
                {waiting(seed)}
                {typeof at === "number" &&
                    ` Rekindle’s ${firstPublic} came ${duration(at)} after ${cold?.zero ?? ""}.`}
                {cold === undefined &&
                    " There is no cold start to set beside it: run the drill “cold” too."}
            </p>
            <div class="beside">
                {timeline(
                    seed,
                    scale,
                    [],
                    `The seed’s design, ${minute(seed.begun)}: seconds after ${seed.zero}`,
                )}
                {cold !== undefined &&
                    timeline(
                        cold,
                        scale,
                        [],
                        `Rekindle’s cold start, ${minute(cold.begun)}: seconds after ${cold.zero}`,
                    )}
            </div>
        </>
    );
}

function waiting({ deadlocked, milestones }: DrillRecord): string {
    if (deadlocked !== true) {
        return "The seed’s design did not wait for ever this time, so the drill proved nothing.";
    }
    const missed = milestones.filter(({ at }) => at === null);
    const names = [...new Set(missed.map(({ name }) => name))].join(", ");
    const longest = Math.max(0, ...missed.map(({ limit }) => limit));
    return `The seed’s design at the same point waits for ever: ${names} had not come after ${duration(longest)}.`;
}
