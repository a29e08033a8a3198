import { setTimeout as delay } from "node:timers/promises";

/**
 * Tries again while an attempt fails.
 * @returns what the first success resolves to
 * @throws the last failure after so many seconds
 */
export async function eventually<T>(seconds: number, attempt: () => Promise<T>): Promise<T> {
    for (const end = Date.now() + seconds * 1000; ;) {
        try {
            return await attempt();
        } catch (error) {
            if (Date.now() > end) {
                throw error;
            }
            await delay(300);
        }
    }
}
