import { piVolumeScript } from "../../components/pi-volume-script";
import { drive } from "./disks";
import type { Result } from "./shell";
import type { Vm } from "./vm";

const data = "/var/lib/rancher";
export const readCounter = `cat ${data}/k3s/server/db/state`;

/** What is found in a VM after it was switched on. */
export interface Seen {
    readonly truth: "card" | "image" | "neither";
    /** The line stands in fstab exactly when the image is mounted. */
    readonly consistent: boolean;
    readonly k3s: string;
    readonly counter: number;
    /** How often k3s found an empty data folder: once, on its very first start. */
    readonly freshStarts: number;
}

/** Asked for in one go: each connection costs an emulated processor a second. */
const question = [
    `grep -q '# pi-volume$' /etc/fstab && line=yes || line=no`,
    `findmnt -n ${data} >/dev/null && mounted=yes || mounted=no`,
    `printf '%s %s %s %s %s' $line $mounted "$(systemctl is-active k3s)" "$(${readCounter} 2>/dev/null || echo -1)" "$(wc -l </var/log/fake-k3s-fresh)"`,
].join("; ");

/** Waits until k3s runs, at most two minutes, and looks around. Nobody starts it by hand. */
export async function lookAround(vm: Vm, seconds = 120): Promise<Seen> {
    await vm.exec(
        `timeout ${seconds} bash -c 'until systemctl is-active -q k3s; do sleep 1; done'`,
    );
    const { output } = await vm.exec(question);
    const [line, mounted, k3s = "", counter, fresh] = output.split(" ");
    return {
        truth: line !== mounted ? "neither" : line === "yes" ? "image" : "card",
        consistent: line === mounted,
        k3s,
        counter: Number(counter),
        freshStarts: Number(fresh),
    };
}

/** Runs the script as Pulumi does, on standard input. */
export async function runScript(
    vm: Vm,
    command: string,
    script = piVolumeScript(),
): Promise<Result> {
    return vm.exec(`bash -s -- ${command}`, script);
}

export async function status(vm: Vm): Promise<string> {
    return (await runScript(vm, `status --drive=${drive}`)).output;
}

/**
 * Takes k3s's data down and checks both file systems from outside.
 * @returns what is wrong; nothing when all is well
 */
export async function checkDisks(vm: Vm, below: "nothing" | "data"): Promise<string> {
    const shim = "^/var/lib/rancher/k3s/data/abc/bin/containerd-shim";
    const { code, output } = await vm.exec(
        [
            "set -e",
            "systemctl stop k3s",
            // The pod first: it lives on when its shim is dead.
            `pkill -KILL -P "$(pgrep -d, -f '${shim}')" || true; pkill -KILL -f '${shim}' || true`,
            "sleep 1",
            "umount /run/k3s/containerd/pod/rootfs 2>/dev/null || true",
            `if mountpoint -q ${data}; then umount ${data}; fi`,
            below === "nothing" ? `[ -z "$(ls -A ${data})" ] || { ls -A ${data}; false; }` : "",
            `e2fsck -fn ${drive}/k3s-data/k3s.ext4`,
            `device=$(findmnt -no SOURCE ${drive})`,
            `umount ${drive}`,
            "e2fsck -fn $device",
        ].join("\n"),
    );
    return code === 0 ? "" : output;
}
