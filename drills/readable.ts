import { coldStart } from "../cold-start";
import type { Home } from "../cold-start/home";
import { pathOf } from "../cold-start/words";
import type { House } from "./house";

/** Nothing was broken: the drill was not begun. */
export class Refused extends Error {}

/**
 * Before anything is broken: what brings the house back must be readable without it.
 * @throws Refused with every reason
 */
export async function assertReadable(house: House): Promise<void> {
    refuse("the house could not be brought back from here", await house.unreadable());
}

/** @throws Refused when there is a reason */
export function refuse(why: string, reasons: readonly string[]): void {
    if (reasons.length > 0) {
        throw new Refused([`Nothing was broken, because ${why}:`, ...reasons].join("\n  "));
    }
}

/** What of a home needs itself to be rebuilt, as the cold-start proof finds it: one sentence each. Pure. */
export function needsItself(home: Home): string[] {
    const { circles, world } = coldStart(home);
    return circles.map(({ hops }) => `it needs itself: ${pathOf(world, hops)}`);
}
