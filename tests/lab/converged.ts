import assert from "node:assert/strict";
import { isHouseRunning } from "../../lab/house";
import { stem } from "../choose";
import { rekindle } from "./lab";

/** The file that takes the lab down and starts it itself. */
const first = "1-start";

/** Starts the lab for files that expect a converged one, unless it runs already or the first of them starts it. */
export async function ensureConverged(files: readonly string[]): Promise<void> {
    if (files[0] === undefined || stem(files[0]) === first) {
        return;
    }
    if (isHouseRunning()) {
        console.log("\nThe lab is running and is taken as it is: `npm start` converges it.");
        return;
    }
    console.log("\nThe lab is not running: starting it...");
    await start();
}

/** Converges the lab after a file that failed, so that the next one finds what it expects. */
export async function convergeAgain(): Promise<void> {
    console.log("\nA test failed: converging the lab for the next file...");
    // One that cannot be converged is what the next file's tests say.
    await start().catch((error: unknown) => {
        console.log(error instanceof Error ? error.message : error);
    });
}

async function start(): Promise<void> {
    await rekindle("lab", "fault", "clear").catch(() => undefined);
    const { exit, output } = await rekindle("start");
    assert.equal(exit, 0, `\`npm start\` failed:\n${output}`);
}
