import { setTimeout as delay } from "node:timers/promises";
import { apply, type Outcome } from "./cut";
import { lookAround, runScript, status } from "./look";
import type { Vm } from "./vm";

/** A case of a drive that comes and goes, with k3s on it. */
export interface DriveCase {
    readonly name: string;
    readonly run: (vm: Vm) => Promise<Outcome>;
}

const data = "/var/lib/rancher";

export const driveCases: readonly DriveCase[] = [
    {
        name: "boot without it, then the plug alone",
        run: async (vm) => {
            await vm.cutIn("on-drive");
            await vm.powerOn(undefined, false);
            const away = await vm.exec(
                `systemctl is-system-running --wait >/dev/null; systemctl is-active k3s; ls -A ${data}; findmnt -n ${data}`,
            );
            await vm.plug();
            const outcome = await back(vm);
            const quiet = away.output === "inactive" || away.output === "failed";
            const wrong = quiet ? [] : [`without the drive: ${away.output}`];
            return { ...outcome, wrong: [...wrong, ...outcome.wrong] };
        },
    },
    {
        name: "35 s late at boot",
        run: async (vm) => {
            const late = async () => {
                await delay(35_000);
                await vm.plug();
            };
            await vm.cutIn("on-drive");
            await Promise.all([vm.powerOn(undefined, false), late()]);
            return back(vm);
        },
    },
    {
        name: "pulled while k3s runs, plugged in again",
        run: async (vm) => {
            await vm.powerOn("on-drive");
            const boot = (await vm.exec("cat /proc/sys/kernel/random/boot_id")).output;
            await vm.pull();
            await delay(5000);
            await vm.plug();
            await delay(5000);
            const { code, output } = await runScript(vm, apply.line);
            const outcome = await back(vm);
            const same = (await vm.exec("cat /proc/sys/kernel/random/boot_id")).output === boot;
            const wrong = [
                ...(code === 0
                    ? []
                    : [`apply ended with ${code ?? "a lost connection"}: ${output}`]),
                ...(same ? [] : ["it took a reboot"]),
                ...outcome.wrong,
            ];
            return { ...outcome, rerun: code, wrong };
        },
    },
];

/** k3s runs from the image, and status has nothing to say. */
async function back(vm: Vm): Promise<Outcome> {
    const seen = await lookAround(vm);
    const state = await status(vm);
    const rules: readonly [boolean, string][] = [
        [seen.k3s === "active" && seen.truth === "image", `k3s is ${seen.k3s} on ${seen.truth}`],
        [seen.counter > 0, "the counter is gone"],
        [seen.freshStarts === 1, "k3s began anew"],
        [apply.ends.test(state), `status says ${state}`],
    ];
    const wrong = rules.filter(([ok]) => !ok).map(([, what]) => what);
    return { seen, wrong };
}
