import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Listr, type DefaultRenderer, type ListrTaskWrapper, type SimpleRenderer } from "listr2";
import { cacheRoot } from "./paths";

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** What a step tells while it runs: a line of text, and how much of it is done (0 to 1) where that is known. */
export type Progress = (text: string, fraction?: number) => void;

export interface Step {
    /** Names the step in the record of earlier durations, and in `after`. */
    readonly id: string;
    readonly title: string;
    /** How long it takes on 2 cores, in seconds, until this machine has a figure of its own. */
    readonly seconds: number;
    /** Steps that must have succeeded before; all others run side by side. @default none */
    readonly after?: readonly string[];
    run(progress: Progress): Promise<void>;
}

export interface Timing {
    readonly id: string;
    readonly title: string;
    readonly seconds: number;
}

const historyFile = join(cacheRoot, "durations.json");

/**
 * Runs steps side by side where their order allows it, showing each with an estimate.
 * A failed step lets the running ones finish, starts no further one, and is thrown.
 */
export async function runSteps(steps: readonly Step[]): Promise<Timing[]> {
    const history = readHistory();
    const timings: Timing[] = [];
    const outcomes = new Map<string, PromiseWithResolvers<boolean>>(
        steps.map((step) => [step.id, Promise.withResolvers<boolean>()]),
    );
    let failure: Error | undefined;
    const list = new Listr<unknown, "default", "simple">(
        steps.map((step) => ({
            title: step.title,
            task: async (_: unknown, task: Task) => {
                const before = await Promise.all(
                    (step.after ?? []).map(async (id) => outcomes.get(id)?.promise),
                );
                const outcome = outcomes.get(step.id);
                if (failure || before.includes(false)) {
                    outcome?.resolve(false);
                    task.skip(`${step.title}: not started`);
                    return;
                }
                try {
                    const seconds = await runStep(step, history[step.id] ?? step.seconds, task);
                    timings.push({ id: step.id, title: step.title, seconds });
                    outcome?.resolve(true);
                } catch (error) {
                    failure ??= error instanceof Error ? error : new Error(String(error));
                    outcome?.resolve(false);
                    throw error;
                }
            },
        })),
        {
            concurrent: true,
            exitOnError: false,
            fallbackRenderer: "simple",
            rendererOptions: {
                collapseErrors: false,
                showErrorMessage: false,
                collapseSkips: false,
            },
        },
    );
    await list.run();
    if (failure) {
        throw failure;
    }
    writeHistory({ ...history, ...longEnough(timings) });
    return timings;
}

async function runStep(step: Step, estimate: number, task: Task): Promise<number> {
    const begun = Date.now();
    const elapsed = () => (Date.now() - begun) / 1000;
    let last = { text: "", fraction: 0 };
    const show = () => {
        task.output = [last.text, remaining(elapsed(), estimate, last.fraction)]
            .filter(Boolean)
            .join(" · ");
    };
    // A terminal redraws one line; a log gets a new one each time, so it hears less.
    const ticker = setInterval(show, process.stdout.isTTY ? 1000 : 30_000);
    try {
        if (process.stdout.isTTY && estimate >= 5) {
            show();
        }
        await step.run((text, fraction = last.fraction) => {
            last = { text: text.slice(0, 100), fraction };
        });
    } finally {
        clearInterval(ticker);
    }
    task.title = `${step.title} (${duration(elapsed())})`;
    return elapsed();
}

/**
 * How long a step still takes. Earlier runs say it at the start, the step's own fraction towards the end: early fractions
 * are poor guides, because small parts tend to come first.
 */
export function remaining(elapsed: number, estimate: number, fraction: number): string {
    const usual = estimate - elapsed;
    const measured = fraction > 0 ? (elapsed * (1 - fraction)) / fraction : usual;
    const left =
        usual > 0 ? fraction * measured + (1 - fraction) * usual : fraction > 0.2 ? measured : 0;
    const share = fraction > 0 ? `${Math.round(fraction * 100)} %, ` : "";
    return left > 1
        ? `${share}about ${duration(left)} left`
        : `${share}${duration(elapsed)} so far, longer than usual`;
}

/** Seconds as people write them: `0.4 s`, `12 s`, `6 min 24 s`. */
export function duration(seconds: number): string {
    if (seconds < 10) {
        return `${seconds.toFixed(1)} s`;
    }
    const whole = Math.round(seconds);
    return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Cached steps end at once and would teach a wrong estimate. */
function longEnough(timings: readonly Timing[]): Record<string, number> {
    return Object.fromEntries(
        timings.filter((t) => t.seconds > 2).map((t) => [t.id, Math.round(t.seconds)]),
    );
}

function readHistory(): Record<string, number | undefined> {
    try {
        return JSON.parse(readFileSync(historyFile, "utf8")) as Record<string, number>;
    } catch {
        return {};
    }
}

function writeHistory(history: Record<string, number | undefined>): void {
    mkdirSync(dirname(historyFile), { recursive: true });
    writeFileSync(historyFile, JSON.stringify(history, null, 2));
}
