import type { Need, Question, World } from "./needs";

/** What starts, in which step, and what never does. */
export interface Order {
    /** Ids and steps, from 1 on; what starts in one step starts side by side. */
    readonly steps: ReadonlyMap<string, number>;
    /** Ids of what waits forever. */
    readonly stuck: readonly string[];
}

/** Starts a world: for a question, and without what is dead. @default dead nothing */
export type Starter = (question: Question, dead?: ReadonlySet<string>) => Order;

/**
 * Prepares a world to be started any number of times. Each thing starts once all its required needs are there, or enough of their
 * alternatives; optional needs are never waited for, and those of a rebuild only at one.
 */
export function starter({ things, needs }: World): Starter {
    // By numbers: a home can have thousands of things, and a preview proves it with a program that is not warm yet.
    const ids = [...things.keys()];
    const numbers = new Map(ids.map((id, number) => [id, number]));
    // Those of a power-on first.
    const isOf = (question: Question) => (need: Need) => !need.optional && need.when === question;
    const always = needs.filter(isOf("power-on"));
    const required = [...always, ...needs.filter(isOf("rebuild"))];
    const waiters = ids.map((): number[] => []);
    const from = required.map((need, index) => {
        for (const id of need.to) {
            waiters[numbers.get(id) ?? -1]?.push(index);
        }
        return numbers.get(need.from) ?? -1;
    });
    const enough = required.map((need) => need.enough);
    return (question, dead = new Set()) => {
        const end = question === "rebuild" ? required.length : always.length;
        const missing = Int32Array.from(enough);
        const unmet = new Int32Array(ids.length);
        for (let index = 0; index < end; index += 1) {
            const waiter = from[index] ?? -1;
            unmet[waiter] = (unmet[waiter] ?? 0) + 1;
        }
        const steps = new Map<string, number>();
        const isReady = (number: number) => unmet[number] === 0 && !dead.has(ids[number] ?? "");
        let ready = [...ids.keys()].filter(isReady);
        for (let step = 1; ready.length > 0; step += 1) {
            const next: number[] = [];
            for (const number of ready) {
                steps.set(ids[number] ?? "", step);
                for (const index of waiters[number] ?? []) {
                    const still = (missing[index] ?? 0) - 1;
                    missing[index] = still;
                    const waiter = from[index] ?? -1;
                    if (still === 0 && index < end) {
                        unmet[waiter] = (unmet[waiter] ?? 0) - 1;
                        if (isReady(waiter)) {
                            next.push(waiter);
                        }
                    }
                }
            }
            ready = next;
        }
        return { steps, stuck: ids.filter((id) => !steps.has(id)) };
    };
}
