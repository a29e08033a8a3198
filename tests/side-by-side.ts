import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export interface Counts {
    readonly passed: number;
    readonly failed: number;
}

/** Runs lanes of groups beside each other, the groups of a lane one after the other, each in a process of its own. */
export async function runSideBySide(
    lanes: readonly (readonly string[])[],
): Promise<readonly Counts[]> {
    console.log(`\nSide by side: ${lanes.map((lane) => lane.join(", ")).join(" | ")}`);
    const counted = lanes.map(async (lane) => {
        const counts: Counts[] = [];
        for (const group of lane) {
            counts.push(await runApart(group));
        }
        return counts;
    });
    return (await Promise.all(counted)).flat();
}

/** One group; what it says is printed as a whole when it ends. */
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
    const [exit] = (await once(child, "close")) as [number | null];
    console.log(output.replace(closing, "").trimEnd());
    return countsOf(output, exit);
}

const closing = /^(\d+) passed, (\d+) failed\n?$/m;

/**
 * What a group's closing line says. One that did not get to it, or ended badly without a failure, has failed whatever it had passed. Pure.
 * @param exit null when a signal ended it
 */
export function countsOf(output: string, exit: number | null): Counts {
    const [, passed, failed] = closing.exec(output) ?? [];
    if (passed === undefined) {
        return { passed: 0, failed: 1 };
    }
    const counts = { passed: Number(passed), failed: Number(failed) };
    return exit === 0 || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}
