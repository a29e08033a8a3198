/** The machine's and all Pis' together: three disks of the lab's own for each Pi, and what else the machine uses. */
const loopDevices = 64;

/** The unit that must be enabled for `containerFiles` to take effect. */
export const writableSys = "writable-sys.service";

/** What a Pi has and a container lacks, as files of its root: path and content. */
export function containerFiles(): Readonly<Record<string, string>> {
    return {
        // There is no udev, and /dev is empty of the loop devices that come and go while it runs.
        "etc/tmpfiles.d/loop.conf": Array.from(
            { length: loopDevices },
            (_, n) => `b /dev/loop${n} 0660 root disk - 7:${n}\n`,
        ).join(""),
        // /sys is read-only, file system and mount; the volume's guard against discards is there.
        [`etc/systemd/system/${writableSys}`]: [
            ...["[Unit]", "Before=k3s.service k3s-agent.service", "[Service]", "Type=oneshot"],
            "ExecStart=mount -o remount,rw /sys/devices",
            "ExecStart=mount -o remount,bind,rw /sys/devices",
            ...["[Install]", "WantedBy=multi-user.target", ""],
        ].join("\n"),
    };
}
