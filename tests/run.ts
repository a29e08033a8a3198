import { readdirSync } from "node:fs";
import { join } from "node:path";
import Mocha from "mocha";
import { prepareBase } from "../lab/card";
import { compileCluster } from "../lab/house";
import { assertPreconditions, installHostPackages } from "../lab/preconditions";
import { duration } from "../lab/progress";
import { runSideBySide, type Counts } from "./side-by-side";

/** The groups of tests, in the order they run: the cheap ones that need nothing first. */
const groups = [
    { name: "unit", folder: __dirname, what: "no root, no lab", timeout: 10_000, jobs: 2 },
    {
        name: "scripts",
        folder: join(__dirname, "scripts"),
        what: "the program's scripts, run as programs against stand-ins; no root",
        timeout: 10_000,
        jobs: 2,
    },
    {
        name: "engine",
        folder: join(__dirname, "engine"),
        what: "the bundled engine against Pulumi's",
        timeout: 120_000,
    },
    {
        name: "connector",
        folder: join(__dirname, "connector"),
        what: "the stand-in for cloudflared, compiled; no root",
        timeout: 60_000,
    },
    {
        name: "alerting",
        folder: join(__dirname, "alerting"),
        what: "every alert in Debian's Prometheus and Alertmanager, Workers in workerd; needs root",
        host: true,
        timeout: 240_000,
    },
    {
        name: "volume",
        folder: join(__dirname, "volume"),
        what: "pi-volume.sh on Debian hosts with a stand-in for k3s; needs root",
        host: true,
        timeout: 300_000,
    },
    {
        name: "lab",
        folder: join(__dirname, "lab"),
        what: "the whole house; needs root",
        host: true,
        timeout: 600_000,
    },
] as const;
type Group = (typeof groups)[number];

/** Groups that share nothing but the cache run side by side: those that compute beside one that mostly waits for hosts. */
const sideBySide = [["engine", "connector", "alerting"], ["volume"]] as const;

/**
 * Runs one group of tests, or all, and prints the closing line `N passed, N failed`.
 * @returns whether all passed
 * @throws when there is no such group
 */
export async function runTests(wanted: string): Promise<boolean> {
    const chosen = groups.filter((group) => wanted === "all" || wanted === group.name);
    if (chosen.length === 0) {
        const names = groups.map((group) => group.name).join(", ");
        throw new Error(`There is no group of tests named "${wanted}": use all, ${names}.`);
    }
    const counts = wanted === "all" ? await runAll() : await runInOrder(chosen);
    const passed = counts.reduce((sum, each) => sum + each.passed, 0);
    const failed = counts.reduce((sum, each) => sum + each.failed, 0);
    console.log(`\n${passed} passed, ${failed} failed`);
    return failed === 0 && passed > 0;
}

/** The cheap ones first, then the two lanes, then the house, which wants the machine for itself. */
async function runAll(): Promise<Counts[]> {
    const named = (...names: string[]) => groups.filter(({ name }) => names.includes(name));
    const apart: readonly string[] = sideBySide.flat();
    const before = named("unit", "scripts");
    const rest = groups.filter((group) => !before.includes(group) && !apart.includes(group.name));
    const first = await runInOrder(before);
    // Both lanes need them, and they are made once.
    await prepareHost();
    await prepareBase(() => undefined);
    // Half of the lanes' time is waiting: on a new machine what the house needs is compiled meanwhile.
    const [lanes] = await Promise.all([runSideBySide(sideBySide), compileCluster()]);
    return [...first, ...lanes, ...(await runInOrder(rest))];
}

async function runInOrder(chosen: readonly Group[]): Promise<Counts[]> {
    const counts: Counts[] = [];
    for (const group of chosen) {
        if ("host" in group) {
            await prepareHost();
        }
        counts.push(await runHere(group));
    }
    return counts;
}

/** The Debian packages that a new machine does not have. */
async function prepareHost(): Promise<void> {
    assertPreconditions();
    await installHostPackages(() => undefined);
}

async function runHere(group: Group): Promise<Counts> {
    const begun = Date.now();
    console.log(`\n${group.name} tests (${group.what})`);
    const runner = await runGroup(group.folder, group.timeout, "jobs" in group ? group.jobs : 1);
    console.log(`${group.name} tests took ${duration((Date.now() - begun) / 1000)}`);
    return { passed: runner.passes, failed: runner.failures };
}

async function runGroup(folder: string, timeout: number, jobs: number): Promise<Mocha.Stats> {
    const parallel = jobs > 1;
    const mocha = new Mocha({ timeout, parallel, jobs, forbidOnly: true, reporter: "spec" });
    for (const file of readdirSync(folder).sort()) {
        if (file.endsWith(".test.ts")) {
            mocha.addFile(join(folder, file));
        }
    }
    if (!parallel) {
        await mocha.loadFilesAsync();
    }
    return new Promise((resolve) => {
        const runner = mocha.run(() => {
            if (runner.stats) {
                resolve(runner.stats);
            }
        });
    });
}
