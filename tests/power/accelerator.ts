import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { run } from "../../lab/shell";
import { startQemu, type Qemu } from "./qemu";

/** A kernel tells its version within a second where KVM works. */
const patience = 15_000;

/** KVM where it really runs a kernel: there are machines whose /dev/kvm opens, and whose VMs never come to the first instruction. */
export async function chooseAccelerator(
    root: string,
    kernel: string,
    folder: string,
): Promise<Qemu> {
    if (!existsSync("/dev/kvm")) {
        return { root, accelerator: "tcg" };
    }
    mkdirSync(folder, { recursive: true });
    await run("cp", [kernel, join(folder, "vmlinuz")]);
    const child = startQemu({ root, accelerator: "kvm" }, folder, [
        ...["-nodefaults", "-display", "none", "-m", "256", "-cpu", "host", "-no-reboot"],
        // Without a root it panics, and ends.
        ...["-kernel", "/mnt/vmlinuz", "-append", "console=ttyS0 panic=-1"],
        ...["-serial", "file:/mnt/console.log"],
    ]);
    const closed = once(child, "close");
    await Promise.race([closed, delay(patience)]);
    child.kill("SIGKILL");
    await closed;
    const console = join(folder, "console.log");
    const runs = existsSync(console) && readFileSync(console, "utf8").includes("Linux version");
    rmSync(folder, { recursive: true });
    return { root, accelerator: runs ? "kvm" : "tcg" };
}
