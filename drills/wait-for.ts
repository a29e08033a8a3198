import type { Watch } from "./drill";
import { awaitMilestones, missed } from "./milestones";

/** Waits for what must be so while the house is broken. @returns one sentence for each that is not */
export async function waitFor(watches: readonly Watch[]): Promise<string[]> {
    const never = new AbortController().signal;
    return missed(await awaitMilestones(watches, Date.now(), () => undefined, never));
}
