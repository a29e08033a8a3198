import assert from "node:assert/strict";
import { sampled } from "../kills/sample";
import { Cases } from "./cases";
import { drive, Host, type HostKind } from "./host";
import { counter, digest, look, pv, pvMust, status, told, wanted } from "./volume";

/** The drive in a place whose name fstab, units and shells each write in a way of their own. */
const place = "/media/pi/My Größe";

const debians = [12, 13] as const;
for (const debian of sampled<12 | 13>(
    "a drive with an odd mount point, by Debian",
    debians,
    [13],
)) {
    describe(`a drive whose mount point has a space and an umlaut, on Debian ${debian}`, () => {
        const kind: HostKind = { debian };
        const host = new Host(`pv-place-${debian}`, kind);
        const cases = new Cases();
        const apply = `apply --drive='${place}' --size=300M`;
        let had = 0;

        before(async () => {
            await host.create();
            // Systemd mounts it there at boot, when the drive is there: of itself it makes the folder that a bind names.
            const line = `${drive}/disk ${place.replace(" ", "\\040")} none bind,nofail 0 0`;
            await host.must(
                `mkdir -p '${place}' ${drive}/disk; echo '${line}' >>/etc/fstab
                unit="/etc/systemd/system/$(systemd-escape --path --suffix=mount '${place}').d"
                mkdir "$unit"; printf '[Unit]\nConditionPathExists=${drive}/disk\n' >"$unit/drive.conf"
                systemctl daemon-reload; mount '${place}'`,
            );
        });
        after(async () => {
            cases.print();
            await host.remove();
        });

        async function well(name: string): Promise<void> {
            const now = await counter(host);
            assert.ok(now >= had, `the counter went back from ${had} to ${now}`);
            had = now;
            const { output } = await pv(host, `status --drive='${place}'`);
            const seen = JSON.parse(output) as { ok: boolean; problems: string[]; drive: string };
            assert.deepEqual([seen.ok, seen.drive], [true, place], seen.problems.join());
            assert.equal((await look(host)).k3s, "active");
            cases.add({ name, told: "-", after: "k3s active on the image", rerun: "-" });
        }

        it("moves, and systemd reads the line, the unit and the guards as they are meant", async () => {
            await pvMust(host, apply);
            await well("apply");
            await pvMust(host, `${apply} --bind=kubelet`);
            await well("apply with a bind");
            const made = "/run/generated/var-lib-rancher.mount";
            const mount = await host.must(
                `mkdir -p /run/generated; /usr/lib/systemd/system-generators/systemd-fstab-generator /run/generated /run/generated /run/generated; cat ${made}; ls -d /run/generated/*.requires/* /run/generated/*.wants/*`,
            );
            for (const line of [
                `What=${place}/k3s-data/k3s.ext4`,
                "Where=/var/lib/rancher",
                "Type=ext4",
            ]) {
                assert.ok(mount.split("\n").includes(line), `${line} is not in ${mount}`);
            }
            assert.match(mount, /^Requires=.*pi-volume-fsck\.service/m);
            assert.match(mount, /^Before=.*k3s\.service/m);
            assert.match(mount, /k3s\.service\.requires\/var-lib-rancher\.mount/);
            assert.match(mount, /multi-user\.target\.wants\/var-lib-rancher\.mount/);
            assert.doesNotMatch(mount, /local-fs\.target\.requires\/var-lib-rancher\.mount/);
            // The check waits for the drive by its path.
            assert.match(
                await host.must("systemctl show -P RequiresMountsFor pi-volume-fsck"),
                /My.*Gr/,
            );
            const warnings = await host.exec(
                "systemd-analyze verify pi-volume-fsck.service k3s.service 2>&1 | grep -i pi-volume",
            );
            assert.equal(warnings.output, "");
        });

        it("boots with the drive, and not without it", async () => {
            await host.powerOff();
            await host.powerOn();
            await well("boot");
            had = await counter(host);
            await host.powerOff();
            await host.powerOn(false);
            await host.exec("systemctl start k3s; sleep 1");
            const { k3s, fresh } = await look(host);
            assert.deepEqual([k3s, fresh], ["inactive", 1]);
            assert.equal(await host.must("find /var/lib/rancher -mindepth 1 | head"), "");
            const refused = await pv(host, apply);
            assert.equal(refused.code, 10, refused.output);
            assert.ok(told(refused).includes(`nothing is mounted on ${place}`), told(refused));
            cases.add({
                name: "boot without the drive",
                told: told(refused),
                after: "k3s down, card empty",
                rerun: "systemctl start k3s",
            });
            await host.plug();
            await host.must(`mount '${place}'; systemctl start k3s`);
            await well("plugged in");
        });

        it("comes back to the card", async () => {
            had = await counter(host);
            await pvMust(host, "restore");
            assert.ok((await counter(host)) >= had);
            const lines = await host.must("grep -c pi-volume /etc/fstab; grep -c Größe /etc/fstab");
            assert.equal(lines, "0\n1");
        });
    });
}

describe("a Pi that would forget, or a drive that is none", () => {
    const host = new Host("pv-forget");
    const cases = new Cases();

    before(() => host.create());
    after(async () => {
        cases.print();
        await host.remove();
    });

    async function refuses(name: string, command: string, says: RegExp): Promise<void> {
        const before = await digest(host);
        const result = await pv(host, command);
        assert.equal(result.code, 10, result.output);
        assert.match(result.output, says);
        assert.equal(await digest(host), before, "a refusal changed something");
        cases.add({ name, told: told(result), after: "nothing changed", rerun: "10" });
    }

    const overlay = (folder: string) =>
        `mkdir -p /run/over/up /run/over/work; mount -t overlay overlay -o lowerdir=${folder},upperdir=/run/over/up,workdir=/run/over/work ${folder}`;
    const forgetting: readonly (readonly [string, string, string, RegExp])[] = [
        [
            "overlay root",
            overlay("/etc"),
            "umount /etc",
            /\/etc is on overlay, which forgets .* disable_overlayfs/,
        ],
        [
            "read-only root",
            "mount --bind /etc /etc; mount -o remount,bind,ro /etc",
            "umount /etc",
            /\/etc is mounted read-only: .*remount,rw/,
        ],
    ];
    for (const [name, make, undo, says] of forgetting) {
        it(`${name}: nothing is begun that the next boot would forget`, async () => {
            await host.must(make);
            try {
                await refuses(name, `apply ${wanted}`, says);
            } finally {
                await host.must(undo);
            }
        });
    }

    it("a file on the card that is mounted as a drive", async () => {
        await host.must(
            "mkdir -p /mnt/other; mkfs.ext4 -q -F /disk.img 200M; mount -o loop /disk.img /mnt/other",
        );
        await refuses(
            "a loop file on the card",
            "apply --drive=/mnt/other --size=64M",
            /\/mnt\/other is on the card itself: give another drive's mount point/,
        );
        await host.must("umount /mnt/other; rm /disk.img");
    });

    /** Writes a unit for the drive, as outside of a container it would be looked at. */
    async function unit(install: string, what: string): Promise<void> {
        await host.must(
            [
                "printf '#!/bin/sh\\nexit 1\\n' >/usr/local/bin/systemd-detect-virt; chmod +x /usr/local/bin/systemd-detect-virt",
                `printf '[Mount]\\nWhat=${what}\\nWhere=${drive}\\n[Install]\\n${install}\\n' >/etc/systemd/system/mnt-external.mount`,
                "systemctl daemon-reload; systemctl enable mnt-external.mount",
            ].join("\n"),
        );
    }
    const undone =
        "systemctl disable mnt-external.mount; rm -f /etc/systemd/system/mnt-external.mount /usr/local/bin/systemd-detect-virt; systemctl daemon-reload";

    it("a .mount unit without which the Pi does not boot: refused; with WantedBy it is taken", async () => {
        const id = await host.must(`blkid -p -s UUID -o value $(findmnt -no SOURCE ${drive})`);
        try {
            await unit("RequiredBy=local-fs.target", `UUID=${id}`);
            await refuses(
                ".mount, RequiredBy=local-fs.target",
                `apply ${wanted}`,
                /mnt-external\.mount is required by local-fs\.target: .*WantedBy= instead/,
            );
            await unit("WantedBy=local-fs.target", "/dev/sda1");
            await host.must("systemctl reenable mnt-external.mount");
            await refuses(
                ".mount, What=/dev/sda1",
                `apply ${wanted}`,
                /mnt-external\.mount names \/mnt\/external as \/dev\/sda1, which may be another drive/,
            );
            await unit("WantedBy=local-fs.target", `UUID=${id}`);
            await pvMust(host, `plan ${wanted}`);
        } finally {
            await host.exec(undone);
        }
    });

    it("a label with a space, as fstab writes it: taken when it is the drive's", async () => {
        await host.must(
            `e2label $(findmnt -no SOURCE ${drive}) 'My Disk'; cp /etc/fstab /root/fstab; printf '#!/bin/sh\\nexit 1\\n' >/usr/local/bin/systemd-detect-virt; chmod +x /usr/local/bin/systemd-detect-virt`,
        );
        try {
            await host.must(`echo 'LABEL=My\\040Disk ${drive} ext4 nofail 0 2' >>/etc/fstab`);
            await pvMust(host, `plan ${wanted}`);
            await host.must(`sed -i 's/My.040Disk/My\\\\040Other/' /etc/fstab`);
            await refuses(
                "LABEL of another drive",
                `apply ${wanted}`,
                /names LABEL=My\\040Other for .* not the file system that is mounted there now/,
            );
        } finally {
            await host.must("cp /root/fstab /etc/fstab; rm /usr/local/bin/systemd-detect-virt");
        }
    });

    it("on the image: a root that forgets keeps restore and apply from beginning", async () => {
        await pvMust(host, `apply ${wanted}`);
        await host.must(overlay("/etc"));
        try {
            for (const command of ["restore", `apply ${wanted}`]) {
                const result = await pv(host, command);
                assert.equal(result.code, 10, result.output);
                assert.match(told(result), /\/etc is on overlay/);
                cases.add({
                    name: `on the image: overlay root, ${command.split(" ")[0] ?? ""}`,
                    told: told(result),
                    after: "nothing changed",
                    rerun: "10",
                });
            }
        } finally {
            await host.must("umount /etc");
        }
        assert.equal((await status(host)).ok, true);
    });
});
