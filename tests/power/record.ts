import { setTimeout as delay } from "node:timers/promises";
import type { Command, Kept } from "./cut";
import { readCounter, runScript } from "./look";
import { mark, scriptWithPoints, type Point } from "./points";
import type { Vm } from "./vm";

/** Never while k3s is kept down: a reader would hold the folder that is being unmounted. */
const watching = `while sleep 0.2; do [ -e /run/pi-volume/stopped ] || { ${readCounter}; echo; }; done`;

/**
 * Runs a command to its end and keeps the VM at each moment: a case then begins there instead of running the command
 * again, which takes an emulated processor minutes.
 * @param keepAll calls `keep` for each moment while the command runs
 */
async function record(
    vm: Vm,
    command: Command,
    script: string | undefined,
    keepAll: (keep: (name: string) => Promise<void>, ended: () => boolean) => Promise<void>,
): Promise<Kept[]> {
    const kept: Kept[] = [];
    await vm.powerOn(command.from);
    let counters = `${(await vm.exec(readCounter)).output}\n`;
    const reading = vm.exec(watching, "", (text) => (counters += text));
    let ended = false;
    const running = runScript(vm, command.line, script).finally(() => (ended = true));
    const keep = async (name: string) => {
        const synced = lastSynced(counters);
        const state = `${command.verb}-${kept.length}-${script === undefined ? "random" : "point"}`;
        await vm.keep(state);
        kept.push({ name, state, synced });
    };
    await keepAll(keep, () => ended);
    const { code, output } = await running;
    await vm.cut();
    await reading;
    if (code !== 0) {
        const how = code ?? "a lost connection";
        throw new Error(`${command.line} without any cut ended with ${how}: ${output}`);
    }
    return kept;
}

/** Keeps the VM at each boundary. @throws when the script does not come to one of them */
export async function recordPoints(
    vm: Vm,
    command: Command,
    points: readonly Point[],
): Promise<Kept[]> {
    const kept = await record(vm, command, scriptWithPoints(points), async (keep, ended) => {
        let seen = 0;
        while (!ended()) {
            const marks = vm.marks().split("\n").slice(0, -1);
            for (const line of marks.slice(seen)) {
                seen += 1;
                const name = points[Number(line.slice(mark.length))]?.name ?? line;
                await keep(`${command.verb}: ${name}`);
            }
            await delay(20);
        }
    });
    const missed = points.filter(({ name }) => !kept.some((one) => one.name.endsWith(`: ${name}`)));
    if (missed.length > 0) {
        const names = missed.map(({ name }) => name).join(", ");
        throw new Error(`${command.verb} did not come to: ${names}.`);
    }
    return kept;
}

/** Keeps the VM so many milliseconds after the start of the command. */
export async function recordMoments(
    vm: Vm,
    command: Command,
    moments: readonly number[],
): Promise<Kept[]> {
    return record(vm, command, undefined, async (keep) => {
        let now = 0;
        for (const moment of moments.toSorted((a, b) => a - b)) {
            // Its clock stands still while it is kept.
            await delay(moment - now);
            now = moment;
            await keep(`random: after ${(moment / 1000).toFixed(2)} s`);
        }
    });
}

/** The last one that was read may have been written and not yet synced, and may have come in part. */
function lastSynced(counters: string): number {
    return Number(counters.split("\n").findLast((line) => /^\d{10}$/.test(line))) - 1;
}
