import { CallError, waiting } from "../http";
import type { Status } from "../rules";
import type { Value } from "../values";

/** Milliseconds that the provider tries alerting writes again, beside what its client does. */
const patience = 120_000;

/**
 * Tries a write again until the provider's patience ends.
 * @param statuses answers that are worth another try. @default any
 */
export async function patiently(
    attempt: () => Promise<Value>,
    status: Status,
    statuses?: readonly number[],
): Promise<void> {
    const end = Date.now() + patience;
    for (let wait = 500; ; wait = Math.min(wait * 2, 10_000)) {
        try {
            await attempt();
            return;
        } catch (error) {
            const code = error instanceof CallError ? error.status : undefined;
            const worth = code !== undefined && (statuses?.includes(code) ?? true);
            if (!worth || Date.now() + wait > end) {
                throw error;
            }
            await waiting((error as Error).message, wait, status);
        }
    }
}
