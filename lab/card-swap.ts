import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Pi } from "./facts";
import { runningHouse } from "./house";
import { personalise } from "./identity";
import { makeDisks, mountOnce, piFiles, powerCut } from "./pi";
import { run } from "./shell";
import { trustHostKey } from "./ssh";

/**
 * Puts a freshly flashed card into a Pi that is off: another machine id, other host keys, no node password, nothing of k3s's data. The
 * old card is kept. The drive stays as it is.
 */
export async function swapCard(pi: Pi): Promise<void> {
    const { card, copyOf, root, oldCard: old } = piFiles(pi);
    await run("umount", [root]);
    renameSync(card, old);
    await makeDisks(pi, readFileSync(copyOf, "utf8"));
    await mountOnce(card, root);
    await personalise(pi, root, runningHouse().images.pause);
}

/** The card that a Pi had before `swapCard`. */
export function oldCard(pi: Pi) {
    const { card, root, oldCard: old } = piFiles(pi);
    return {
        /** Puts it back, whatever the Pi does at the moment; nothing when there is none. The Pi is off afterwards. */
        async putBack(): Promise<void> {
            if (!existsSync(old)) {
                return;
            }
            await powerCut(pi);
            await run("umount", [root]).catch(() => undefined);
            renameSync(old, card);
            await mountOnce(card, root);
            const key = readFileSync(join(root, "etc/ssh/ssh_host_ed25519_key.pub"), "utf8");
            trustHostKey(pi, key);
        },
        /** The new card is the Pi's own from here on. */
        forget(): void {
            rmSync(old, { force: true });
        },
    };
}
