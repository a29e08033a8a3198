import assert from "node:assert/strict";
import { piVolumeScript } from "../../components/pi-volume-script";
import { drive, type Host, type Result, until } from "./host";

/** The name of every host's node. */
export const node = "pi1";

/** Prints the processes of the pod, which a refusal leaves running. */
export const pods = "shim=$(pgrep -o -f bin/containerd-shi[m]); echo $shim $(pgrep -P $shim)";

/** What most cases ask for. */
export const wanted = `--drive=${drive} --size=300M`;

/** What the tests see for themselves, without the script's own status. */
export interface Seen {
    readonly truth: "card" | "image";
    readonly k3s: string;
    readonly counter: number;
    /** How often k3s began with an empty folder: once, on the very first start. */
    readonly fresh: number;
}

/** The script as a Pi gets it, only less patient. */
export function script(): string {
    return (
        piVolumeScript()
            .replace("SETTLE_SECONDS=5", "SETTLE_SECONDS=0")
            .replace("TERM_SECONDS=30", "TERM_SECONDS=3")
            .replace("HEALTH_SECONDS=180", "HEALTH_SECONDS=20")
            .replace("UMOUNT_SECONDS=60", "UMOUNT_SECONDS=3")
            // Looks again sooner at whether k3s is well.
            .replaceAll(/^( +)sleep 1$/gm, "$1sleep 0.1")
    );
}

/**
 * The same script, whose job is killed right before or right after one of its functions.
 * @param point for example `after commit`
 * @throws when the script has no such function
 */
export function killedAt(point: string): string {
    const [when = "", name = ""] = point.split(" ");
    const call = `real_${name} "$@"`;
    const kill = "kill -KILL $$";
    return replacing(name, when === "before" ? `${kill}; ${call}` : `${call}; ${kill}`);
}

/**
 * The same script, one of whose functions does something else.
 * @param body may call the function itself as `real_NAME "$@"`
 * @throws when the script has no such function
 */
export function replacing(name: string, body: string, text = script()): string {
    assert.match(text, new RegExp(`^${name}\\(\\) {`, "m"), `the script has no ${name}`);
    const wrapped = `eval "real_$(declare -f ${name})"\n${name}() { ${body}; }`;
    return text.replace(/^main "\$@" <\/dev\/null$/m, () => `${wrapped}\nmain "$@" </dev/null`);
}

/** Runs the script on a host as the program does: on the standard input of bash. */
export async function pv(host: Host, command: string, text = script()): Promise<Result> {
    return host.exec(`bash -s -- ${command}`, text);
}

/** @throws when it ends with anything but 0 */
export async function pvMust(host: Host, command: string): Promise<string> {
    const { code, output } = await pv(host, command);
    assert.equal(code, 0, `${command}: ${output}`);
    return output;
}

/** The sentence that tells a person what happened: the refusal or failure, or else the last line. */
export function told({ output }: Result): string {
    const lines = output.trim().split("\n");
    return lines.find((line) => /^(refused|failed): /.test(line)) ?? lines.at(-1) ?? "";
}

export interface Status {
    readonly ok: boolean;
    readonly phase: string;
    readonly drive: string;
    readonly image: { bytes: number; heldBytes: number; heldPercent: number; id: string };
    readonly mounted: string;
    readonly service: string;
    readonly serviceState: string;
    readonly oldCopyBytes: number;
    readonly repaired: string;
    readonly problems: readonly string[];
    readonly warnings: readonly string[];
    /** What `apply` would refuse to touch. */
    readonly blocked: readonly string[];
}

export async function status(host: Host): Promise<Status> {
    const { code, output } = await pv(host, `status --drive=${drive}`);
    assert.equal(code, 0, output);
    assert.ok(output.length < 4096 && !output.includes("\n"), output);
    return JSON.parse(output) as Status;
}

export async function counter(host: Host): Promise<number> {
    return Number(await host.must("cat /var/lib/rancher/k3s/server/db/state"));
}

/** Waits until k3s runs on the copy that fstab calls the truth. @throws when it stays down, or runs on the other one */
export async function k3sBack(host: Host): Promise<Seen> {
    let seen = await look(host);
    await until(`k3s to run again on ${host.name}`, async () => {
        seen = await look(host);
        return seen.k3s === "active";
    });
    const mounted = await host.exec("findmnt -rn -o SOURCE --mountpoint /var/lib/rancher");
    assert.equal(mounted.output.startsWith("/dev/loop"), seen.truth === "image", mounted.output);
    assert.equal(seen.fresh, 1, "k3s never starts with an empty folder");
    return seen;
}

export async function look(host: Host): Promise<Seen> {
    const lines = await host.exec(
        [
            "grep -c 'k3s.ext4 /var/lib/rancher ' /etc/fstab",
            "systemctl is-active k3s",
            "cat /var/lib/rancher/k3s/server/db/state 2>/dev/null || printf 0; echo",
            "cat /var/log/fake-k3s-fresh | wc -l",
        ].join("; "),
    );
    const [line, k3s = "", count, fresh] = lines.output.split("\n");
    const truth = line === "1" ? "image" : "card";
    return { truth, k3s, counter: Number(count), fresh: Number(fresh) };
}

/** Back to a Pi whose data is on its card, with no image on the drive. */
export async function reset(host: Host): Promise<void> {
    await pvMust(host, "restore");
    await host.must(`rm -rf ${drive}/k3s-data /var/lib/pi-volume`);
}

/**
 * Digests of all that a refusal must leave alone: fstab, units, the card's folders, and every byte of the drive's files.
 * k3s itself keeps writing, so its data counts by names only.
 */
export async function digest(host: Host): Promise<string> {
    return host.must(
        [
            "cd /",
            "find etc/fstab etc/systemd/system etc/udev etc/rancher var/lib/pi-volume -type f 2>/dev/null | sort | xargs -r sha256sum",
            "find var/lib/rancher -maxdepth 2 -printf '%p %m %u\\n' | sort",
            "lsattr -d var/lib/rancher",
            `find ${drive} -type f | sort | xargs -r cksum`,
            `find ${drive} -printf '%p %s %b %m %T@\\n' | sort`,
            "findmnt -rn -o TARGET,SOURCE | grep -v '^/run/pi-volume' | sort",
            "systemctl show -p ActiveState,MainPID k3s",
        ].join("; "),
    );
}
