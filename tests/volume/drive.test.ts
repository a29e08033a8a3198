import assert from "node:assert/strict";
import { Cases } from "./cases";
import { drive, Host } from "./host";
import { counter, pv, pvMust, told } from "./volume";

/** A Pi is no container: what is only looked at outside of one is looked at here too. */
const noContainer =
    "printf '#!/bin/sh\\nexit 1\\n' >/usr/local/bin/systemd-detect-virt; chmod +x /usr/local/bin/systemd-detect-virt; cp /etc/fstab /root/fstab";

describe("the line of fstab that mounts the drive", () => {
    const host = new Host("pv-drive");
    const cases = new Cases();
    let id = "";

    before(async () => {
        await host.create();
        await host.must(noContainer);
        id = await host.must(`blkid -p -s UUID -o value $(findmnt -no SOURCE ${drive})`);
    });
    after(async () => {
        cases.print();
        await host.remove();
    });

    const plan = async (line: string) => {
        await host.must(`cp /root/fstab /etc/fstab; printf '${line}\\n' >>/etc/fstab`);
        return pv(host, `plan --drive=${drive} --size=300M`);
    };

    for (const line of [
        `UUID=ID ${drive} ext4 defaults,nofail 0 2`,
        `UUID="ID" ${drive}/ ext4 nofail 0 2`,
        `UUID=ID\\t${drive}\\text4 noatime,nofail\\r`,
        `UUID=ID ${drive} ext4 noauto,x-systemd.automount 0 2`,
    ]) {
        it(`is accepted: ${line}`, async () => {
            const { code, output } = await plan(line.replace(/\bID\b/, id));
            assert.equal(code, 0, output);
        });
    }

    const wrong: readonly (readonly [string, RegExp])[] = [
        [`# nothing`, /is not in \/etc\/fstab/],
        [`UUID=ID ${drive} ext4 defaults 0 2`, /without nofail: .* emergency mode/],
        [`UUID=00-00 ${drive} ext4 nofail 0 2`, /not the file system that is mounted there now/],
        [`LABEL=other ${drive} ext4 nofail 0 2`, /not the file system that is mounted there now/],
        [`/dev/sda1 ${drive} ext4 nofail 0 2`, /may be another drive after a reboot: use UUID=/],
    ];
    for (const [line, says] of wrong) {
        it(`is refused, with the right one: ${line}`, async () => {
            const result = await plan(line.replace(/\bID\b/, id));
            assert.equal(result.code, 10, result.output);
            assert.match(result.output, says);
            const right = new RegExp(`UUID=${id} ${drive}`);
            assert.match(result.output, right);
            cases.add({
                name: line.slice(0, 40),
                told: told(result),
                after: "unchanged",
                rerun: "-",
            });
        });
    }

    it("may name a place with a space and an umlaut: moved, booted, restored", async () => {
        const place = "/mnt/My Größe";
        await host.must(
            `cp /root/fstab /etc/fstab; rm /usr/local/bin/systemd-detect-virt; mkdir -p '${place}'; mount --bind ${drive} '${place}'`,
        );
        const apply = `apply --drive='${place}' --size=300M`;
        await pvMust(host, apply);
        const line = await host.must("grep pi-volume /etc/fstab");
        assert.ok(line.startsWith("/mnt/My\\040Größe/k3s-data/k3s.ext4 /var/lib/rancher "), line);
        const had = await counter(host);
        await host.powerOff();
        await host.powerOn();
        // In a container nobody mounts the drive at its second place at boot.
        assert.equal(await host.must("systemctl is-active k3s || true"), "inactive");
        await host.must(`mount --bind ${drive} '${place}'; systemctl start k3s`);
        assert.ok((await counter(host)) >= had);
        assert.match(await host.must("findmnt -rno SOURCE /var/lib/rancher"), /loop/);
        await pvMust(host, apply);
        await pvMust(host, "restore");
        cases.add({ name: "a space and an umlaut", told: "done", after: "image", rerun: "0" });
    });
});
