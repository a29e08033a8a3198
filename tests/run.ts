import { readdirSync } from "node:fs";
import { join } from "node:path";
import Mocha from "mocha";
import { duration } from "../lab/progress";

/** The groups of tests, in the order they run: the cheap ones that need nothing first. */
const groups = [
    { name: "unit", folder: __dirname, what: "no root, no lab", timeout: 10_000 },
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
    let passed = 0;
    let failed = 0;
    for (const group of chosen) {
        const begun = Date.now();
        console.log(`\n${group.name} tests (${group.what})`);
        const runner = await runGroup(group.folder, group.timeout);
        passed += runner.passes;
        failed += runner.failures;
        console.log(`${group.name} tests took ${duration((Date.now() - begun) / 1000)}`);
    }
    console.log(`\n${passed} passed, ${failed} failed`);
    return failed === 0 && passed > 0;
}

async function runGroup(folder: string, timeout: number): Promise<Mocha.Stats> {
    const mocha = new Mocha({ timeout, forbidOnly: true, reporter: "spec" });
    for (const file of readdirSync(folder).sort()) {
        if (file.endsWith(".test.ts")) {
            mocha.addFile(join(folder, file));
        }
    }
    await mocha.loadFilesAsync();
    return new Promise((resolve) => {
        const runner = mocha.run(() => {
            if (runner.stats) {
                resolve(runner.stats);
            }
        });
    });
}
