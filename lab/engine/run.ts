import { Deployment } from "./deployment";
import { Journal } from "./journal";
import type { Listener } from "./listener";
import { serve } from "./monitor";
import { startProgram } from "./program";
import type { Project } from "./project";
import { ProviderRegistry } from "./providers/registry";
import { loadState, saveState, withLock, type Snapshot } from "./state";
import { Refused, StepRunner } from "./steps";

export interface RunOptions {
    /** Delete everything instead of running the program. */
    readonly destroy: boolean;
    /** Tell what would happen and change nothing. */
    readonly preview: boolean;
    /** How many steps may run at a time. */
    readonly parallel: number;
}

/** One update, preview or destroy; true when it did all that it should. */
export async function runStack(
    project: Project,
    { destroy, preview, parallel }: RunOptions,
    listener: Listener,
): Promise<boolean> {
    const work = async () => {
        const begun = Date.now();
        const loaded = loadState(project.stateFile, project.crypter);
        warnOfPending(loaded, listener);
        const journal = new Journal(loaded, (snapshot) => {
            if (!preview) {
                saveState(project.stateFile, snapshot, project.crypter);
            }
        });
        const steps = new StepRunner(journal, listener, preview, parallel);
        const providers = new ProviderRegistry(journal);
        const names = { stack: project.stack, project: project.name };
        const deployment = new Deployment(names, { journal, providers, steps, listener });
        const interrupt = () => {
            steps.fail(new Error("interrupted: steps that run are finished, no other begins."));
        };
        process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
        try {
            if (!destroy) {
                await runProgram(project, deployment, steps, listener, parallel);
            }
            if (!steps.stopped) {
                await deployment.deleteLeftovers();
            }
        } catch (error) {
            steps.fail(error);
        }
        process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
        const outputs = deployment.finishStack();
        if (steps.failed) {
            listener.diagnostic("error", `${preview ? "preview" : "update"} failed`);
        }
        const { counts, stopped: failed } = steps;
        listener.finished({ counts, outputs, failed, seconds: (Date.now() - begun) / 1000 });
        return !failed;
    };
    return preview ? work() : withLock(project.stateFile, work);
}

/** Runs the program to its end, or until a step fails; then only until the steps that run are over. */
async function runProgram(
    project: Project,
    deployment: Deployment,
    steps: StepRunner,
    listener: Listener,
    parallel: number,
): Promise<void> {
    const names = { stack: project.stack, project: project.name };
    const told: string[] = [];
    const server = await serve({
        ...{ deployment, listener, names },
        stopped: () => steps.stopped,
        fail: (error) => {
            steps.fail(error);
        },
        programError: (message, urn) => {
            // What the SDK has to say about an engine that answers no more is of no use to anyone.
            if (!steps.stopped) {
                told.push(message);
                listener.diagnostic("error", message, urn);
            }
        },
    });
    const program = startProgram(project, {
        ...{ address: server.address, preview: steps.preview, parallel },
        onLine: (line) => {
            listener.diagnostic("info", line);
        },
    });
    try {
        const code = await Promise.race([program.exit, steps.halted.then(() => undefined)]);
        await steps.idle();
        if (code !== undefined && code !== 0 && told.length === 0) {
            steps.fail(
                new Refused(
                    `the program ended with exit code ${code ?? "(killed)"} and told no reason.`,
                ),
            );
        } else if (code !== undefined && code !== 0) {
            steps.stop();
        }
    } finally {
        program.kill();
        await program.exit;
        server.close();
    }
}

function warnOfPending({ pending }: Snapshot, listener: Listener): void {
    for (const { op, urn } of pending) {
        const remedy = op.startsWith("create")
            ? "What it may have made is looked for before it is made again."
            : "It is done again.";
        listener.diagnostic("warning", `the last run was cut off during: ${op} ${urn}. ${remedy}`);
    }
}
