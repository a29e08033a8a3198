import { randomInt } from "node:crypto";
import { join } from "node:path";
import { cacheRoot } from "../../lab/paths";
import { installHostPackages } from "../../lab/preconditions";
import { duration } from "../../lab/progress";
import { table } from "../../lab/report";
import { chooseAccelerator } from "./accelerator";
import { apply, cutAt, grow, restore, type Command, type Kept, type Outcome } from "./cut";
import { prepareDisks, prepareTools } from "./disks";
import { driveCases } from "./drive";
import { runScript } from "./look";
import { applyPoints, growPoints, restorePoints, type Point } from "./points";
import { recordMoments, recordPoints } from "./record";
import { Vm } from "./vm";

const folder = join(cacheRoot, "power-tests");
const randomCuts = 10;

interface Case {
    readonly name: string;
    readonly run: () => Promise<Outcome>;
}

/**
 * Real power cuts, one VM at a time, and a table of what was seen after each.
 * @param wanted only cases whose name begins with this, such as `restore` @default all
 * @param seed of the random moments @default a new one
 * @returns whether all is as it must be
 */
export async function runPowerTests(wanted = "", seed = randomInt(2 ** 31)): Promise<boolean> {
    const begun = Date.now();
    if (process.platform !== "linux" || process.getuid?.() !== 0) {
        throw new Error("The power tests unpack Debian: run the same command as root, on Linux.");
    }
    await installHostPackages(() => undefined);
    console.log("Preparing QEMU and a VM's disks (minutes the first time)...");
    const [root, parts] = [await prepareTools(), await prepareDisks()];
    const tools = await chooseAccelerator(root, parts.kernel, join(folder, "probe"));
    console.log(`Accelerator: ${tools.accelerator}. Seed of the random moments: ${seed}.`);
    const vm = new Vm(join(folder, "vm"), tools, parts);
    const rows: string[][] = [];
    let failed = 0;
    try {
        const applySeconds = await prepareStates(vm);
        console.log(`A whole apply took ${duration(applySeconds)}.`);
        for (const group of groups(vm, randomMoments(seed, applySeconds * 1000))) {
            if (!group.name.startsWith(wanted) && !wanted.startsWith(group.name)) {
                continue;
            }
            console.log(`\n${group.name}`);
            for (const { name, run } of await group.cases()) {
                if (!name.startsWith(wanted)) {
                    continue;
                }
                const outcome = await attempt(vm, name, run);
                failed += typeof outcome === "string" || outcome.wrong.length > 0 ? 1 : 0;
                rows.push(row(name, outcome));
            }
        }
    } finally {
        await vm.remove();
    }
    const head = ["cut", "truth", "k3s", "counter synced → seen", "fresh starts", "rerun", ""];
    console.log(`\n${table(head, rows)}\n`);
    console.log(`power tests took ${duration((Date.now() - begun) / 1000)}`);
    console.log(`\n${rows.length - failed} passed, ${failed} failed`);
    return failed === 0 && rows.length > 0;
}

/** Keeps a running VM with k3s on the card, and one with k3s on the drive. @returns how long the move took */
async function prepareStates(base: Vm): Promise<number> {
    await base.remove();
    await base.make();
    await base.powerOn();
    await base.exec("systemctl is-system-running --wait; sleep 5; sync");
    await base.keep("on-card");
    await base.cut();
    await base.powerOn("on-card");
    const from = Date.now();
    const { code, output } = await runScript(base, apply.line);
    const seconds = (Date.now() - from) / 1000;
    if (code !== 0) {
        throw new Error(
            `apply without any cut ended with ${code ?? "a lost connection"}: ${output}`,
        );
    }
    console.log(output.replace(/^/gm, "    "));
    await base.exec("sync");
    await base.keep("on-drive");
    await base.cut();
    return seconds;
}

interface Group {
    readonly name: string;
    /** Prepares them. */
    readonly cases: () => Promise<Case[]>;
}

function groups(vm: Vm, moments: readonly number[]): Group[] {
    const cuts = (command: Command, kept: readonly Kept[]) =>
        kept.map((moment) => ({
            name: moment.name,
            run: async () => {
                const outcome = await cutAt(vm, command, moment);
                await vm.forget(moment.state);
                return outcome;
            },
        }));
    const atPoints = (command: Command, points: readonly Point[]): Group => ({
        name: command.verb,
        cases: async () => cuts(command, await recordPoints(vm, command, points)),
    });
    return [
        {
            name: "drive",
            cases: () =>
                Promise.resolve(
                    driveCases.map(({ name, run }) => ({
                        name: `drive: ${name}`,
                        run: async () => run(vm),
                    })),
                ),
        },
        atPoints(apply, applyPoints),
        atPoints(restore, restorePoints),
        atPoints(grow, growPoints),
        {
            name: "random",
            cases: async () => cuts(apply, await recordMoments(vm, apply, moments)),
        },
    ];
}

/** The same for the same seed. The generator is Park and Miller's. */
function randomMoments(seed: number, length: number): number[] {
    let state = (seed % 2147483646) + 1;
    return Array.from({ length: randomCuts }, () => {
        state = (state * 48271) % 2147483647;
        return Math.round((state / 2147483647) * length);
    });
}

async function attempt(vm: Vm, name: string, run: Case["run"]): Promise<Outcome | string> {
    const from = Date.now();
    try {
        const outcome = await run();
        const took = duration((Date.now() - from) / 1000);
        console.log([...row(name, outcome), took].join(" | "));
        outcome.wrong.forEach((what) => {
            console.log(`        ${what.replaceAll("\n", "\n        ")}`);
        });
        return outcome;
    } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        console.log(`FAILED  ${name}: ${what}`);
        return what;
    } finally {
        await vm.cut();
    }
}

function row(name: string, outcome: Outcome | string): string[] {
    if (typeof outcome === "string") {
        return [name, "", "", "", "", "", "FAILED"];
    }
    const { seen, synced, rerun, wrong } = outcome;
    return [
        ...[
            name,
            seen.truth,
            seen.k3s,
            `${synced ?? "-"} → ${seen.counter}`,
            String(seen.freshStarts),
        ],
        ...[rerun === undefined ? "-" : String(rerun), wrong.length === 0 ? "ok" : "FAILED"],
    ];
}
