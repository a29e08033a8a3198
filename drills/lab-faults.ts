import { setTimeout as delay } from "node:timers/promises";
import type { FaultTarget } from "../lab/cloudflare/faults";
import { internetClient } from "../lab/internet-client";
import { oldCard, swapCard } from "../lab/card-swap";
import { piProcess, powerOff, powerOn, setDrive } from "../lab/pi";
import { revokeOlder, rotate } from "../lab/secrets";
import { piNamed, ssh } from "../lab/ssh";
import { fillerFile, promiseUndo, undo } from "../lab/undo";
import type { Pi } from "./house";

/** What only the lab can break. Each says beforehand how it is undone, so that `npm start` can mend after a drill that was killed. */
export interface LabFaults {
    /** The part outside the house gives no answer from now on. */
    fault(target: FaultTarget): Promise<void>;
    clearFaults(): Promise<void>;
    powerOff(pi: Pi): Promise<void>;
    powerOn(pi: Pi): Promise<void>;
    /** Of a Pi that is off. */
    pullDrive(pi: Pi): Promise<void>;
    plugDrive(pi: Pi): Promise<void>;
    fillCard(pi: Pi): Promise<void>;
    freeCard(pi: Pi): Promise<void>;
    /** Of a Pi that is off: a card as it comes out of the flasher, with keys of its own. */
    newCard(pi: Pi): Promise<void>;
    /** The Pi is well with the new one. */
    forgetOldCard(pi: Pi): Promise<void>;
    /** The token in use is refused; the next `up` brings another. */
    revokeDnsToken(): Promise<void>;
    isPowered(pi: Pi): boolean;
}

export function labFaults(): LabFaults {
    const internet = internetClient();
    return {
        fault: async (target) => {
            promiseUndo({ kind: "faults" });
            await internet.setFault({ target, kind: "down" });
        },
        clearFaults: async () => undo({ kind: "faults" }),
        powerOff: async ({ name }) => {
            promiseUndo({ kind: "power" });
            await powerOff(piNamed(name));
        },
        powerOn: async ({ name }) => powerOn(piNamed(name)),
        pullDrive: async ({ name }) => {
            promiseUndo({ kind: "drive", pi: name });
            await setDrive(piNamed(name), false);
        },
        plugDrive: async ({ name }) => undo({ kind: "drive", pi: name }),
        fillCard: async ({ name }) => {
            promiseUndo({ kind: "card-full", pi: name });
            // To the last block, root's own too; what was on its way to the disk meanwhile may have left some.
            const more = `dd if=/dev/zero of=${fillerFile} bs=4k oflag=append conv=notrunc 2>/dev/null; sync`;
            const fill = `dd if=/dev/zero of=${fillerFile} bs=1M 2>/dev/null; sync; ${more}; true`;
            await ssh(piNamed(name), ["sudo", "-n", "sh", "-s"], { input: fill });
        },
        freeCard: async ({ name }) => undo({ kind: "card-full", pi: name }),
        newCard: async ({ name }) => {
            promiseUndo({ kind: "old-card", pi: name });
            await swapCard(piNamed(name));
        },
        forgetOldCard: async ({ name }) => {
            oldCard(piNamed(name)).forget();
            await undo({ kind: "old-card", pi: name });
        },
        revokeDnsToken: async () => {
            rotate("dnsToken");
            revokeOlder("dnsToken");
            // The stand-in reads its tokens at each request.
            await delay(0);
        },
        isPowered: ({ name }) => piProcess(piNamed(name)) !== undefined,
    };
}
