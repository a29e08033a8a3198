import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { run } from "../../lab/shell";
import type { Disks } from "./disks";
import { runTool, startQemu, type Qemu } from "./qemu";
import { Qmp } from "./qmp";
import { Shell, type Result } from "./shell";

const disks = ["card", "drive"] as const;

/** Drivers of what no Pi has: an emulated processor takes seconds to load them. */
const unused = [
    "floppy",
    "pcspkr",
    "psmouse",
    "libata",
    "kvm",
    "ccp",
    "cfg80211",
    "i2c_piix4",
].join();

/** A Pi as a VM: a card, a drive on USB, SSH; and a plug that can be pulled. */
export class Vm {
    private qemu: ChildProcess | undefined;
    private qmp: Qmp | undefined;
    private shell: Shell | undefined;
    private port = 0;

    /** @param folder the VM's own: its disks and its logs */
    constructor(
        private readonly folder: string,
        private readonly tools: Qemu,
        private readonly parts: Disks,
    ) {}

    /** New disks. */
    async make(): Promise<void> {
        mkdirSync(this.folder, { recursive: true });
        for (const disk of disks) {
            const raw = join(this.folder, `${disk}.img`);
            await run("cp", ["--sparse=always", this.parts[disk], raw]);
            const made = ["/mnt/" + `${disk}.img`, `/mnt/${disk}.qcow2`];
            const options = ["convert", "-O", "qcow2", ...made];
            await runTool(this.tools.root, this.folder, "qemu-img", ...options);
            rmSync(raw);
        }
    }

    /**
     * Switches it on and waits for SSH.
     * @param state continues in a kept state, disks and all, instead of booting
     * @param withDrive false boots without the drive
     */
    async powerOn(state?: string, withDrive = true): Promise<void> {
        await this.start(state, withDrive);
        this.shell = await this.connect();
    }

    /** Continues in a kept state, and cuts the power the moment that it runs. */
    async cutIn(state: string): Promise<void> {
        await this.start(state, true);
        await this.control().send("query-status");
        await this.cut();
    }

    private async start(state: string | undefined, withDrive: boolean): Promise<void> {
        const port = await freePort();
        this.port = port;
        for (const file of ["vmlinuz", "initrd.img"] as const) {
            const source = file === "vmlinuz" ? this.parts.kernel : this.parts.initrd;
            await run("cp", [source, join(this.folder, file)]);
        }
        const child = startQemu(this.tools, this.folder, [
            ...["-nodefaults", "-no-reboot", "-display", "none", "-m", "768", "-smp", "1"],
            ...["-cpu", this.tools.accelerator === "kvm" ? "host" : "qemu64"],
            ...["-kernel", "/mnt/vmlinuz", "-initrd", "/mnt/initrd.img"],
            ...[
                "-append",
                `root=/dev/vda rw console=ttyS0 quiet panic=-1 module_blacklist=${unused}`,
            ],
            ...["-chardev", "file,id=console,path=/mnt/console.log,append=on"],
            ...["-serial", "chardev:console", "-serial", "file:/mnt/marks.log", "-qmp", "stdio"],
            ...["-netdev", `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`],
            ...["-device", "virtio-net-pci,netdev=net", "-device", "virtio-rng-pci"],
            ...disks.flatMap((disk) => ["-blockdev", blockdev(disk)]),
            ...["-device", "virtio-blk-pci,drive=card", "-device", "qemu-xhci,id=usb"],
            ...(withDrive ? ["-device", "usb-storage,id=plug,bus=usb.0,drive=drive"] : []),
            ...(state === undefined ? [] : ["-loadvm", state]),
        ]);
        this.qemu = child;
        this.qmp = new Qmp(child);
    }

    private async connect(): Promise<Shell> {
        return Shell.open(this.port, readFileSync(this.parts.key, "utf8"));
    }

    /** Keeps the running VM's memory and disks under a name. It goes on. */
    async keep(state: string): Promise<void> {
        await this.control().monitor(`savevm ${state}`);
    }

    /** Gives the room of a kept state to later ones. The VM must be off. */
    async forget(state: string): Promise<void> {
        for (const disk of disks) {
            const command = ["qemu-img", "snapshot", "-d", state, `/mnt/${disk}.qcow2`];
            await runTool(this.tools.root, this.folder, ...command);
        }
    }

    /** The power is gone: whatever was not on a disk yet is lost. */
    async cut(): Promise<void> {
        if (this.qemu?.exitCode === null && this.qemu.signalCode === null) {
            const closed = once(this.qemu, "close");
            this.qemu.kill("SIGKILL");
            await closed;
        }
        this.shell?.close();
    }

    /** The drive, with the machine running. */
    async plug(): Promise<void> {
        const device = { driver: "usb-storage", id: "plug", bus: "usb.0", drive: "drive" };
        await this.control().send("device_add", device);
    }
    async pull(): Promise<void> {
        await this.control().send("device_del", { id: "plug" });
        await delay(1000);
    }

    /** What the VM wrote to its second serial line since it was switched on. */
    marks(): string {
        return readFileSync(join(this.folder, "marks.log"), "utf8");
    }

    async exec(script: string, input = "", onText?: (text: string) => void): Promise<Result> {
        if (this.shell === undefined) {
            throw new Error("The VM is off.");
        }
        // Early in a boot, a connection may be lost again.
        this.shell = this.shell.alive ? this.shell : await this.connect();
        return this.shell.exec(script, input, onText);
    }

    /** Off, and its files gone. */
    async remove(): Promise<void> {
        await this.cut();
        rmSync(this.folder, { recursive: true, force: true });
    }

    private control(): Qmp {
        if (this.qmp === undefined) {
            throw new Error("The VM is off.");
        }
        return this.qmp;
    }
}

/** QEMU holds back what the guest has not flushed, as a drive's own cache does, and loses it when killed. */
function blockdev(disk: string): string {
    const file = `file.driver=file,file.filename=/mnt/${disk}.qcow2`;
    return `driver=qcow2,node-name=${disk},discard=unmap,${file}`;
}

async function freePort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return port;
}
