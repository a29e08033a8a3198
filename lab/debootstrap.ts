import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "./progress";
import { run } from "./shell";

/** The Debian of everything that is booted here: what Raspberry Pi OS is made of. */
export const suite = "bookworm";

/**
 * Unpacks a Debian root with these packages and what they need.
 * @param lines how many lines debootstrap prints, for the progress shown; measured
 * @param release another Debian than everything else here
 */
export async function debootstrap(
    root: string,
    packages: readonly string[],
    lines: number,
    progress: Progress,
    release = suite,
): Promise<void> {
    const mirror = process.env["REKINDLE_DEBIAN_MIRROR"];
    let seen = 0;
    // In namespaces of its own: when this process dies, so do all that debootstrap started and all that it mounted.
    const alone = ["--mount", "--pid", "--fork", "--kill-child", "debootstrap"];
    const options = ["--variant=minbase", `--include=${packages.join(",")}`];
    const from = mirror === undefined ? [] : [mirror];
    await run("unshare", [...alone, ...options, release, root, ...from], {
        onLine: (line) => {
            progress(line, Math.min(++seen / lines, 0.95));
        },
    });
    rmSync(join(root, "var/cache/apt/archives"), { recursive: true, force: true });
}
