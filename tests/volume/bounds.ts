import assert from "node:assert/strict";
import type { Host, Result } from "./host";
import { pv, script } from "./volume";

/** The script, which waits for a k3s that is not well for seconds only. */
export const hasty = script().replace("HEALTH_SECONDS=20", "HEALTH_SECONDS=4");

/** Runs it, and fails when it takes longer than a person would wait. */
export async function inBounds(host: Host, command: string, text = hasty): Promise<Result> {
    const begun = Date.now();
    const result = await pv(host, command, text);
    assert.ok(Date.now() - begun < 90_000, `${command} took ${Date.now() - begun} ms`);
    return result;
}
