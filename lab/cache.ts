import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { builtRoot } from "./paths";

/** The short content hash that names a cached result. */
export function contentHash(inputs: readonly (string | Buffer)[]): string {
    const hash = createHash("sha256");
    for (const input of inputs) {
        // Lengths keep ["ab", "c"] and ["a", "bc"] apart.
        hash.update(`${Buffer.byteLength(input)}:`).update(input);
    }
    return hash.digest("hex").slice(0, 16);
}

/**
 * Returns the folder that holds `name` as made from `inputs`; calls `make` with an empty folder when there is none yet.
 * A folder appears under its final name only when `make` has succeeded, so a killed build is never taken for a whole one.
 * Folders of the same name made from other inputs are removed: the cache holds one version of each thing.
 */
export async function built(
    name: string,
    inputs: readonly (string | Buffer)[],
    make: (dir: string) => Promise<void>,
): Promise<string> {
    const folder = `${name}-${contentHash(inputs)}`;
    const final = join(builtRoot, folder);
    if (existsSync(final)) {
        return final;
    }
    const partial = join(builtRoot, `.partial-${folder}`);
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    await make(partial);
    for (const old of readdirSync(builtRoot)) {
        if (new RegExp(`^${name}-[0-9a-f]{16}$`).test(old)) {
            rmSync(join(builtRoot, old), { recursive: true, force: true });
        }
    }
    renameSync(partial, final);
    return final;
}
