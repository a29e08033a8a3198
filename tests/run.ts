import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import Mocha from "mocha";
import { prepareBase } from "../lab/card";
import { duration } from "../lab/progress";

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
        timeout: 240_000,
    },
    {
        name: "volume",
        folder: join(__dirname, "volume"),
        what: "pi-volume.sh on Debian hosts with a stand-in for k3s; needs root",
        timeout: 300_000,
    },
    {
        name: "lab",
        folder: join(__dirname, "lab"),
        what: "the whole house; needs root",
        timeout: 600_000,
    },
] as const;

/** Groups that share nothing but the cache run side by side: one that computes beside one that mostly waits for hosts. */
const sideBySide: readonly (readonly string[])[] = [
    ["engine", "connector", "alerting"],
    ["volume"],
];

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
    const apart = wanted === "all" ? sideBySide.flat() : [];
    const counts: Counts[] = [];
    let lanes: Promise<Counts[]> | undefined;
    for (const group of chosen) {
        if (!apart.includes(group.name)) {
            counts.push(await runHere(group));
            continue;
        }
        // All of them where the first of them stands.
        lanes ??= runSideBySide();
        counts.push(...(await lanes));
        lanes = Promise.resolve([]);
    }
    const passed = counts.reduce((sum, each) => sum + each.passed, 0);
    const failed = counts.reduce((sum, each) => sum + each.failed, 0);
    console.log(`\n${passed} passed, ${failed} failed`);
    return failed === 0 && passed > 0;
}

interface Counts {
    readonly passed: number;
    readonly failed: number;
}

async function runHere(group: (typeof groups)[number]): Promise<Counts> {
    const begun = Date.now();
    console.log(`\n${group.name} tests (${group.what})`);
    const runner = await runGroup(group.folder, group.timeout, "jobs" in group ? group.jobs : 1);
    console.log(`${group.name} tests took ${duration((Date.now() - begun) / 1000)}`);
    return { passed: runner.passes, failed: runner.failures };
}

async function runSideBySide(): Promise<Counts[]> {
    console.log(`\nSide by side: ${sideBySide.map((lane) => lane.join(", ")).join(" | ")}`);
    // Both lanes need it, and it is made once.
    await prepareBase(() => undefined);
    const lanes = sideBySide.map(async (lane) => {
        const counts: Counts[] = [];
        for (const name of lane) {
            counts.push(await runApart(name));
        }
        return counts;
    });
    return (await Promise.all(lanes)).flat();
}

/** One group in a process of its own; what it says is printed as a whole when it ends. */
async function runApart(group: string): Promise<Counts> {
    const child = spawn(process.execPath, ["--import", "tsx", "lab/cli.ts", "test", group], {
        cwd: join(__dirname, ".."),
        stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const keep = (chunk: Buffer) => {
        output += chunk.toString();
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    await once(child, "close");
    const closing = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
    console.log(closing ? output.slice(0, closing.index).trimEnd() : output);
    // A group that did not get to its end has failed, whatever it had passed.
    return closing
        ? { passed: Number(closing[1]), failed: Number(closing[2]) }
        : { passed: 0, failed: 1 };
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
