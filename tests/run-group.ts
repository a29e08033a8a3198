import Mocha from "mocha";
import { duration } from "../lab/progress";
import type { Chosen } from "./choose";
import { failureList, stopwatch, type Failure, type Outcome, type Took } from "./outcome";

/**
 * Runs files of one group in this process, or in processes of their own when the group says so.
 * @param afterFailed called between two files that run in turn, when a test of the first one failed
 */
export async function runGroup(
    { group, files }: Chosen,
    afterFailed?: () => Promise<void>,
): Promise<Outcome> {
    const begun = Date.now();
    const jobs = Math.min(group.jobs ?? 1, files.length);
    console.log(`\n${group.name} tests (${group.what})`);
    // One by one, so that something can be awaited between them.
    const runs = jobs > 1 ? [files] : files.map((file) => [file]);
    const ended: Ended[] = [];
    for (const run of runs) {
        if ((ended.at(-1)?.failed ?? 0) > 0) {
            await afterFailed?.();
        }
        ended.push(await runFiles(run, group.timeout, jobs));
    }
    const seconds = (Date.now() - begun) / 1000;
    console.log(`${group.name} tests took ${duration(seconds)}`);
    return {
        group: group.name,
        passed: ended.reduce((sum, { passed }) => sum + passed, 0),
        failed: ended.reduce((sum, { failed }) => sum + failed, 0),
        seconds,
        took: ended.flatMap(({ took }) => took),
        failures: ended.flatMap(({ failures }) => failures),
    };
}

interface Ended {
    readonly passed: number;
    readonly failed: number;
    readonly took: readonly Took[];
    readonly failures: readonly Failure[];
}

async function runFiles(files: readonly string[], timeout: number, jobs: number): Promise<Ended> {
    const parallel = jobs > 1;
    const mocha = new Mocha({ timeout, parallel, jobs, forbidOnly: true, reporter: "spec" });
    for (const file of files) {
        mocha.addFile(file);
    }
    if (!parallel) {
        await mocha.loadFilesAsync();
    }
    return new Promise((resolve) => {
        const runner = mocha.run((failed) => {
            resolve({ passed: runner.stats?.passes ?? 0, failed, took, failures });
        });
        const took = stopwatch(runner);
        const failures = failureList(runner);
    });
}
