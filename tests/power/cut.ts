import { drive } from "./disks";
import { checkDisks, lookAround, runScript, status, type Seen } from "./look";
import type { Vm } from "./vm";

/** What is cut, and where it is to end. */
export interface Command {
    readonly verb: "apply" | "restore" | "grow";
    readonly line: string;
    /** The kept state that it begins in. */
    readonly from: "on-card" | "on-drive";
    /** What must be so after the rerun. */
    readonly truth: Seen["truth"];
    readonly ends: RegExp;
}

export const apply: Command = {
    verb: "apply",
    line: `apply --drive=${drive} --size=300M`,
    from: "on-card",
    truth: "image",
    ends: /"ok":true,"phase":"finalized"/,
};
export const restore: Command = {
    verb: "restore",
    line: "restore",
    from: "on-drive",
    truth: "card",
    ends: /"phase":"prepared".*"problems":\["k3s's data is on the card"\]/,
};
export const grow: Command = {
    verb: "grow",
    line: `apply --drive=${drive} --size=400M`,
    from: "on-drive",
    truth: "image",
    ends: /"ok":true,"phase":"finalized".*"bytes":419430400,/,
};

/** A moment of a command's run, kept: the VM's memory and disks. */
export interface Kept {
    readonly name: string;
    readonly state: string;
    /** The last value of the counter that k3s is known to have synced before. */
    readonly synced: number;
}

export interface Outcome {
    readonly seen: Seen;
    /** As in `Kept`. @default the case has no such value */
    readonly synced?: number;
    readonly rerun?: number | undefined;
    /** Everything that is not as it must be; nothing when all is. */
    readonly wrong: readonly string[];
}

/** Cuts the power at that moment, switches it on again, looks, and runs the command again. */
export async function cutAt(vm: Vm, command: Command, { state, synced }: Kept): Promise<Outcome> {
    await vm.cutIn(state);
    await vm.powerOn();
    const seen = await lookAround(vm);
    const { code, output } = await runScript(vm, command.line);
    const after = await lookAround(vm);
    const told = await status(vm);
    const disks = await checkDisks(vm, command.truth === "image" ? "nothing" : "data");
    await vm.cut();
    const rules: readonly [boolean, string][] = [
        [seen.k3s === "active", `k3s is ${seen.k3s} after the power came back`],
        [seen.consistent, "fstab and the mount disagree"],
        [seen.counter >= synced, `the counter went back from ${synced} to ${seen.counter}`],
        [seen.freshStarts === 1, `k3s began anew ${seen.freshStarts - 1} times`],
        [code === 0, `the rerun ended with ${code ?? "a lost connection"}: ${output}`],
        [after.k3s === "active", `k3s is ${after.k3s} after the rerun`],
        [after.truth === command.truth, `after the rerun the truth is on ${after.truth}`],
        [after.counter >= seen.counter, "the counter went back in the rerun"],
        [after.freshStarts === 1, "k3s began anew in the rerun"],
        [command.ends.test(told), `status says ${told}`],
        [disks === "", `the disks are not clean: ${disks}`],
    ];
    const wrong = rules.filter(([ok]) => !ok).map(([, what]) => what);
    return { seen, synced, rerun: code, wrong };
}
