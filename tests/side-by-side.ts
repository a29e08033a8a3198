import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Outcome } from "./outcome";

/** Runs lanes of groups beside each other, the groups of a lane in turn, each in a process of its own. */
export async function runSideBySide(
    lanes: readonly (readonly string[])[],
): Promise<readonly Outcome[]> {
    console.log(`\nSide by side: ${lanes.map((lane) => lane.join(", ")).join(" | ")}`);
    const ended = lanes.map(async (lane) => {
        const outcomes: Outcome[] = [];
        for (const group of lane) {
            outcomes.push(await runApart(group));
        }
        return outcomes;
    });
    return (await Promise.all(ended)).flat();
}

/** Runs one group, and prints what it said as a whole when it has ended. */
async function runApart(group: string): Promise<Outcome> {
    const begun = Date.now();
    const child = spawn(process.execPath, ["--import", "tsx", "lab/cli.ts", "test", group], {
        cwd: join(__dirname, ".."),
        stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    let output = "";
    const keep = (chunk: Buffer) => {
        output += chunk.toString();
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    let told: Outcome | undefined;
    child.on("message", (message) => {
        told = (message as readonly Outcome[])[0];
    });
    const [exit] = (await once(child, "close")) as [number | null];
    console.log(output.trimEnd());
    return outcomeOf(group, (Date.now() - begun) / 1000, told, exit);
}

/**
 * Judges a group by what it reported and how its process ended. Pure.
 * One that reported nothing, or ended badly without a failure, has failed whatever it had passed.
 * @param exit null when a signal ended it
 */
export function outcomeOf(
    group: string,
    seconds: number,
    told: Outcome | undefined,
    exit: number | null,
): Outcome {
    const failure = (what: string) => ({
        ...{ file: group, title: "its process" },
        reason: `${what}, with exit code ${exit ?? "none: a signal ended it"}`,
    });
    if (told === undefined) {
        const failures = [failure("ended without a report")];
        return { group, passed: 0, failed: 1, seconds, took: [], failures };
    }
    return exit === 0 || told.failed > 0
        ? told
        : { ...told, failed: 1, failures: [failure("its tests passed, and it ended badly")] };
}
