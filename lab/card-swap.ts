import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Pi } from "./facts";
import { runningHouse } from "./house";
import { personalise } from "./identity";
import { piRoot } from "./paths";
import { powerCut } from "./pi";
import { run } from "./shell";
import { trustHostKey } from "./ssh";

const files = (pi: Pi) => {
    const dir = piRoot(pi.name);
    return {
        card: join(dir, "card.img"),
        copyOf: join(dir, "card.txt"),
        root: join(dir, "root"),
        old: join(dir, "card.old.img"),
    };
};

/**
 * Puts a freshly flashed card into a Pi that is off: another machine id, other host keys, nothing of k3s's. The old card is kept.
 * The drive stays as it is.
 */
export async function swapCard(pi: Pi): Promise<void> {
    const { card, copyOf, root, old } = files(pi);
    await run("umount", [root]);
    renameSync(card, old);
    const partial = `${card}.partial`;
    await run("cp", ["--sparse=always", "--reflink=auto", readFileSync(copyOf, "utf8"), partial]);
    renameSync(partial, card);
    await run("mount", ["-o", "loop", card, root]);
    await personalise(pi, root, runningHouse().images.pause);
}

/** The card that a Pi had before `swapCard`. */
export function oldCard(pi: Pi) {
    const { card, root, old } = files(pi);
    return {
        /** Puts it back, whatever the Pi does at the moment; nothing when there is none. The Pi is off afterwards. */
        async putBack(): Promise<void> {
            if (!existsSync(old)) {
                return;
            }
            await powerCut(pi);
            await run("umount", [root]).catch(() => undefined);
            renameSync(old, card);
            await run("mount", ["-o", "loop", card, root]);
            const key = readFileSync(join(root, "etc/ssh/ssh_host_ed25519_key.pub"), "utf8");
            trustHostKey(pi, key);
        },
        /** The new card is the Pi's own from here on. */
        forget(): void {
            rmSync(old, { force: true });
        },
    };
}
