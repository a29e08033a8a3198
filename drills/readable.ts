import type { House } from "./house";

/** Nothing was broken: the drill was not begun. */
export class Refused extends Error {}

/**
 * Before anything is broken: what brings the house back must be readable without it.
 * @throws Refused with every reason
 */
export async function assertReadable(house: House): Promise<void> {
    const reasons = await house.unreadable();
    if (reasons.length > 0) {
        throw new Refused(
            `Nothing was broken, because the house could not be brought back from here:\n${reasons.map((reason) => `  ${reason}`).join("\n")}`,
        );
    }
}
