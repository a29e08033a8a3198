import { setTimeout as delay } from "node:timers/promises";
import { pis, type Pi } from "./facts";
import type { Check } from "./report";
import { ssh } from "./ssh";

/** What a Pi's counter has told, and what it has kept. */
export interface Counted {
    /** The largest number in its pods' logs: it was synced to the disk before. */
    readonly told: number;
    /** The last number in its file. */
    readonly kept: number;
    /** Whether the file holds every number from 1 on, each once and in order. */
    readonly whole: boolean;
}

// The logs first: what they tell by then must be in the file.
const script = `
cat /var/log/pods/counter_*/counter/*.log | awk '$2 == "stdout" && $4 + 0 > told { told = $4 + 0 } END { print told + 0 }'
awk '$1 != NR { torn = 1 } END { print NR, torn + 0 }' /var/lib/rancher/k3s/storage/counter/count
`;

/** Reads the counter of a Pi. */
export async function readCounter(pi: Pi): Promise<Counted> {
    const output = await ssh(pi, ["sudo", "-n", "sh", "-s"], { input: script });
    const [told = NaN, kept = NaN, torn = NaN] = output.trim().split(/\s+/).map(Number);
    return { told, kept, whole: torn === 0 };
}

/** How long a counter is waited for that has not told anything yet: a pod that begins again, a full card that took no log. */
const patienceMs = 60_000;

/** One check for each Pi: no number that was told is lost. */
export async function checkCounters(): Promise<Check[]> {
    const end = Date.now() + patienceMs;
    for (;;) {
        const counted = await Promise.all(
            pis.map(async (pi) => ({ pi, ...(await readCounter(pi)) })),
        );
        if (counted.every(({ told }) => told > 0) || Date.now() > end) {
            return counted.map(({ pi, told, kept, whole }) => ({
                name: `counter ${pi.name}`,
                ok: whole && told > 0 && told <= kept,
                detail: `${told} writes told, ${whole ? "every one" : "not every one"} kept`,
            }));
        }
        await delay(500);
    }
}
