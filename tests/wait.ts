import { setTimeout as delay } from "node:timers/promises";

/**
 * Waits until `look` returns something, looking again after every 100 ms.
 * @param seen what is there instead, for the error
 * @throws after `seconds`, with `what` was awaited
 */
export async function until<T>(
    what: string,
    seconds: number,
    look: () => Promise<T | undefined> | T | undefined,
    seen?: () => unknown,
): Promise<T> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        const found = await look();
        if (found !== undefined) {
            return found;
        }
        if (Date.now() > end) {
            const instead =
                seen === undefined ? "" : `; there is ${JSON.stringify(seen(), null, 2)}`;
            throw new Error(`${what}: not within ${seconds} s${instead}`);
        }
        await delay(100);
    }
}
