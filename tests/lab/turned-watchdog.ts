import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { workersDomain } from "../../lab/facts";
import { internetClient } from "../../lab/internet-client";
import { labSecrets } from "../../lab/secrets";
import { projectName, stackName } from "../../lab/stack-place";

const internet = internetClient();
/** Seconds between two looks of the watchdog, on its own clock. */
const interval = 180;

/** Sends the watchdog a heartbeat in alerting's place. @returns its answer */
export async function beat(): Promise<number | string> {
    const visit = await internet.visit({
        url: `https://${projectName}-${stackName}.${workersDomain}/heartbeat`,
        method: "POST",
        headers: { authorization: `Bearer ${labSecrets().heartbeatSecret}` },
        body: "{}",
    });
    return "status" in visit ? visit.status : visit.error;
}

/** Lets the watchdog look some times, each after a heartbeat. */
export async function lookTimes(times: number): Promise<void> {
    for (let look = 0; look < times; look += 1) {
        assert.equal(await beat(), 204);
        await internet.advanceClock(interval);
    }
}

/** What the watchdog remembers after a look. */
export interface Remembered {
    readonly down?: number;
    readonly blind?: number;
    readonly silence?: object;
}

/**
 * Lets the watchdog look about once a second, with a heartbeat before each look, until told to stop. A look is left out while the
 * stand-in replaces the Worker, which Cloudflare does without a gap.
 * @returns what it remembered after each look so far, and a function that stops it
 */
export function keepLooking() {
    const looks: Remembered[] = [];
    const state = { ended: false };
    const look = async () => {
        if ((await beat()) === 204) {
            await internet.advanceClock(interval);
            const { watch } = (await internet.workers()).stored;
            looks.push(JSON.parse(watch ?? "{}") as Remembered);
        }
    };
    const looking = (async () => {
        while (!state.ended) {
            await look().catch(() => undefined);
            await delay(1000);
        }
    })();
    const stop = async () => {
        state.ended = true;
        await looking;
    };
    return { looks, stop };
}
