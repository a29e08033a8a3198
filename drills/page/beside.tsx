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
                    `The seed’s design, ${minute(seed.begun)}, with this house at the same power cut: seconds after ${seed.zero}`,
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

function waiting({ deadlocked, milestones, verdict }: DrillRecord): string {
    if (deadlocked === undefined) {
        return `This run was ${verdict} before it was known whether the seed’s design waits for ever.`;
    }
    if (!deadlocked) {
        return "The seed’s design did not wait for ever this time, so the drill proved nothing.";
    }
    const missed = milestones.filter(({ at, expected }) => at === null && expected === "never");
    const names = missed.map(({ name }) => name).join(", ");
    const longest = Math.max(0, ...missed.map(({ limit }) => limit));
    return `The seed’s design at the same point waits for ever: ${names} had not come after ${duration(longest)}.`;
}
