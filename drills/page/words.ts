import { floorRatio, publicAnswer } from "../figures";
import { firstPublic, type DrillRecord, type Milestone } from "../record";

/** What each drill does, for a reader who has not run it. */
const purposes: Readonly<Record<string, string>> = {
    cold: "Every Pi loses its power and gets it back.",
    seed: "The design of the blog post that Rekindle began with: its tunnel waits for an image that comes through the tunnel. It must hang.",
    recreate: "The stack is destroyed and made again.",
    reimage: "One Pi's card is made from scratch; its drive stays.",
    drive: "A Pi boots without its external drive and gets it back later.",
    wan: "Power comes back before the uplink does.",
    cloudflare: "Cloudflare's API is down while its edge works.",
    registry: "No image can be pulled.",
    card: "A Pi's SD card is full.",
    credential: "The pods' DNS token is revoked.",
};

export const purpose = (drill: string): string => purposes[drill] ?? "";

/** Tenths up to two minutes, minutes and seconds beyond; number and unit stay on one line. */
export function duration(seconds: number): string {
    if (seconds < 119.95) {
        return `${seconds.toFixed(1)}\u00a0s`;
    }
    const whole = Math.round(seconds);
    const rest = whole % 60;
    return `${Math.floor(whole / 60)}\u00a0min${rest === 0 ? "" : ` ${rest}\u00a0s`}`;
}

/** How much later or sooner than the median of earlier runs. */
export function change(at: number, median: number): string {
    const over = at - median;
    const sign = over < 0 ? "−" : "+";
    const part = median > 0 ? ` (${sign}${Math.abs((over / median) * 100).toFixed(0)}\u00a0%)` : "";
    return `${sign}${duration(Math.abs(over))}${part}`;
}

/** What became of a milestone of a run; an interrupted run did not wait as long as the limit says. */
export function outcome({ at, limit, expected }: Milestone, { verdict }: DrillRecord): string {
    if (at !== null) {
        return `${duration(at)}${expected === "never" ? ", although it must not come" : ""}`;
    }
    if (verdict === "interrupted") {
        return "not before the drill was ended";
    }
    return expected === "never"
        ? `never came in ${duration(limit)}, as expected`
        : `not reached within ${duration(limit)}`;
}

/** Whose moment it is: a Pi's, the whole house's, or that of the design that must not come back. */
export function owner({ host, expected }: Milestone): string {
    return host ?? (expected === "never" ? "the seed’s design" : "the house");
}

/** The same as far as a visitor's first answer goes. */
export function publicOutcome(record: DrillRecord): string {
    const answer = publicAnswer(record);
    return answer === undefined ? "not timed" : outcome(answer, record);
}

export function verdictWords({ verdict, deadlocked }: DrillRecord): string {
    if (deadlocked === undefined) {
        return verdict === "refused" ? "refused, nothing was broken" : verdict;
    }
    return deadlocked ? `${verdict}: it deadlocked` : `${verdict}: it did not deadlock`;
}

export const minute = (iso: string): string => `${iso.slice(0, 16).replace("T", " ")} UTC`;

export const where = (record: DrillRecord): string =>
    record.where === "lab" ? "in the lab" : "at home";

export const ratio = (value: number): string => `${value.toFixed(2)} times the floor`;

/** Whether the house comes back and how fast, in one sentence. @param records oldest first */
export function headline(records: readonly DrillRecord[]): string {
    const runs = records.filter(({ drill }) => drill === "cold");
    const latest = runs.findLast(({ verdict }) => verdict === "passed" || verdict === "failed");
    if (latest === undefined) {
        const last = runs.at(-1);
        return last === undefined
            ? "Not known yet whether the house comes back: no cold start was drilled"
            : `Not known yet whether the house comes back: the cold start was ${last.verdict}`;
    }
    if (latest.verdict === "failed" && latest.milestones.length === 0) {
        return "Not known yet whether the house comes back: the cold start failed before anything was timed";
    }
    const house = latest.where === "lab" ? "The lab’s house" : "The house";
    const answer = publicAnswer(latest);
    const times = floorRatio(latest);
    const floor = times === undefined ? "" : `, ${ratio(times)}`;
    const speed =
        typeof answer?.at === "number"
            ? `${firstPublic} ${duration(answer.at)} after ${latest.zero}${floor}`
            : undefined;
    if (latest.verdict === "passed") {
        return `${house} comes back: ${speed ?? `${firstPublic} was not timed`}`;
    }
    if (speed !== undefined) {
        return `${house} came back, but the drill failed: ${speed}`;
    }
    const missed =
        answer === undefined ? "" : ` within ${duration(answer.limit)} of ${latest.zero}`;
    return `${house} did not come back: no ${firstPublic}${missed}`;
}
