import { relative } from "node:path";
import type { Runner } from "mocha";
import { duration } from "../lab/progress";
import { table } from "../lab/report";

/** Something that took time: a test by its full title, or the hooks of a file. */
export interface Took {
    readonly file: string;
    readonly title: string;
    readonly seconds: number;
    readonly isTest: boolean;
}

/** A test or a hook that failed, and why. */
export interface Failure {
    readonly file: string;
    readonly title: string;
    readonly reason: string;
}

/** How the tests of one group ended, and what their time went into. */
export interface Outcome {
    readonly group: string;
    readonly passed: number;
    readonly failed: number;
    readonly seconds: number;
    readonly took: readonly Took[];
    readonly failures: readonly Failure[];
}

/** Notes how long each test and each hook takes, also those that run in a process of their own. */
export function stopwatch(runner: Runner): readonly Took[] {
    const took: Took[] = [];
    const note = (isTest: boolean) => (done: Mocha.Test | Mocha.Hook) => {
        took.push({
            file: relative(__dirname, done.file ?? ""),
            title: done.fullTitle(),
            seconds: (done.duration ?? 0) / 1000,
            isTest,
        });
    };
    runner.on("test end", note(true));
    runner.on("hook end", note(false));
    return took;
}

/** Notes what fails while it runs. */
export function failureList(runner: Runner): readonly Failure[] {
    const failures: Failure[] = [];
    runner.on("fail", (failed: Mocha.Test | Mocha.Hook, { message }: Error) => {
        const file = relative(__dirname, failed.file ?? "");
        failures.push({ file, title: failed.fullTitle(), reason: message });
    });
    return failures;
}

/**
 * Shows what failed once more: it is far up in the output of a long run, of which a CI service may keep only a part.
 * @returns nothing when nothing failed
 */
export function failureReport(outcomes: readonly Outcome[]): string {
    return outcomes
        .flatMap(({ failures }) => failures)
        .map(({ file, title, reason }) => `FAILED ${file}: ${title}\n${indented(reason)}`)
        .join("\n\n");
}

/** The first lines, which say what was wrong. */
function indented(reason: string): string {
    const [lines, limit] = [reason.split("\n"), 12];
    const more = lines.length > limit ? [`(${lines.length - limit} more lines)`] : [];
    return [...lines.slice(0, limit), ...more].map((line) => `    ${line}`).join("\n");
}

/** Shows the time of each group, of each file in it that took a second or more, and of the slowest tests. */
export function timeReport(outcomes: readonly Outcome[], slowest = 10): string {
    const times = outcomes.flatMap(({ group, seconds, took }) => [
        [group, duration(seconds)],
        ...fileRows(took),
    ]);
    const tests = outcomes
        .flatMap(({ took }) => took.filter(({ isTest }) => isTest))
        .sort((a, b) => b.seconds - a.seconds)
        .slice(0, slowest)
        .map(({ file, title, seconds }) => [duration(seconds), file, short(title)]);
    return [
        table(["group and file", "time"], times),
        table(["slowest tests", "file", "test"], tests),
    ].join("\n\n");
}

function fileRows(took: readonly Took[]): string[][] {
    const sums = new Map<string, number>();
    for (const { file, seconds } of took) {
        sums.set(file, (sums.get(file) ?? 0) + seconds);
    }
    const files = [...sums].sort(([, a], [, b]) => b - a);
    const shown = files.filter(([, seconds]) => seconds >= 1);
    const rest = files.slice(shown.length);
    const rows = shown.map(([file, seconds]) => [`  ${file}`, duration(seconds)]);
    return rest.length === 0 ? rows : [...rows, [`  ${rest.length} files below a second`, ""]];
}

function short(title: string): string {
    return title.length > 100 ? `${title.slice(0, 97)}...` : title;
}
