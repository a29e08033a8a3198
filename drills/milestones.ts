import { setTimeout as delay } from "node:timers/promises";
import type { Watch } from "./drill";
import type { Milestone } from "./record";

/** Between two looks, in milliseconds. */
export const everyMs = 500;

/**
 * Looks for all moments at once until each has come or is overdue.
 * @param zero milliseconds since 1970
 * @param onReached each as it comes, for people
 * @param signal ends the waiting
 * @throws the signal's reason
 */
export async function awaitMilestones(
    watches: readonly Watch[],
    zero: number,
    onReached: (milestone: Milestone) => void,
    signal: AbortSignal,
): Promise<Milestone[]> {
    return Promise.all(
        watches.map(async (watch) => {
            const at = await reached(watch, zero, signal);
            const milestone = described(watch, at);
            onReached(milestone);
            return milestone;
        }),
    );
}

/** One sentence for each that did not come in time, or came and must not. Pure. */
export function missed(milestones: readonly Milestone[]): string[] {
    return milestones.flatMap(({ name, host, at, limit, expected }) => {
        const what = host === undefined ? name : `${host}: ${name}`;
        if (expected === "never") {
            return at === null
                ? []
                : [`${what} came after ${at.toFixed(1)} s, and must never come`];
        }
        return at === null ? [`${what} did not come within ${limit} s`] : [];
    });
}

function described({ name, host, limit, never }: Watch, at: number | null): Milestone {
    return {
        name,
        ...(host === undefined ? {} : { host }),
        at: at === null ? null : Math.round(at * 10) / 10,
        limit,
        ...(never === true ? { expected: "never" } : {}),
    };
}

/** Seconds since zero, or null when it is overdue. */
async function reached(watch: Watch, zero: number, signal: AbortSignal): Promise<number | null> {
    const since = (moment: number) => (moment - zero) / 1000;
    for (;;) {
        const began = Date.now();
        if (since(began) > watch.limit) {
            return null;
        }
        // Nothing that gives no answer has come.
        const seen = await watch.look(zero).catch(() => false);
        signal.throwIfAborted();
        // A time that nobody could read is no time yet; a record could not hold it either.
        if (seen !== false && !Number.isNaN(Number(seen))) {
            const at = since(seen === true ? Date.now() : seen);
            return at > watch.limit ? null : Math.max(at, 0);
        }
        await delay(Math.max(0, everyMs - (Date.now() - began)), undefined, { signal });
    }
}
