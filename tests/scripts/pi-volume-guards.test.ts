import assert from "node:assert/strict";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    realpathSync,
    rmSync,
    symlinkSync,
    unlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printedBy } from "./pi-volume-lines";

describe("pi-volume.sh says beforehand what would end badly later", () => {
    let folder: string;
    beforeEach(() => {
        folder = realpathSync(mkdtempSync(join(tmpdir(), "pv-guards-")));
        writeFileSync(join(folder, "fstab"), "UUID=1 / ext4 defaults 0 1\n");
    });
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });

    /** Runs some lines as main would, on files of the test. */
    const lines = (text: string) =>
        printedBy(text, (script) =>
            script
                .replace("TARGET=/var/lib/rancher ", `TARGET=${folder}/rancher `)
                .replace("FSTAB=/etc/fstab\n", `FSTAB=${folder}/fstab\n`)
                .replaceAll("=/etc/rancher/node/", `=${folder}/node/`)
                .replaceAll("=/var/lib/pi-volume/", `=${folder}/kept/`)
                .replaceAll("/var/lib/nfs/etab", `${folder}/etab`)
                .replaceAll("/proc/swaps", `${folder}/swaps`)
                .replaceAll(/say \/var\/(lib\/kubelet|log\/pods)/g, `say ${folder}/$1`),
        );

    it("fstab that is locked, or is in a locked folder, or is missing: k3s would be stopped in vain each time", () => {
        assert.equal(lines("against_fixed_fstab"), "");
        for (const letter of ["i", "a"]) {
            for (const locked of [`${folder}/fstab`, folder]) {
                const lsattr = `lsattr() { [[ $2 != ${locked} ]] && echo "----A--e-- $2" || echo "----${letter}----e-- $2"; }`;
                assert.match(
                    lines(`${lsattr}; against_fixed_fstab`),
                    new RegExp(`^${locked} is locked .*: sudo chattr -i -a ${locked}\n$`),
                );
            }
        }
        rmSync(join(folder, "fstab"));
        assert.match(lines("against_fixed_fstab"), /fstab is missing, .*: sudo touch \S+\/fstab$/m);
    });

    it("our line with spaces or CR at its end, as an editor leaves them: ours, and written anew once", () => {
        const others = "UUID=1 / ext4 defaults 0 1 \r\n\t# pi-volume was here\n";
        for (const end of ["", " ", "\t ", " \r"]) {
            writeFileSync(
                join(folder, "fstab"),
                `${others}/mnt/x/k3s-data/k3s.ext4 ${folder}/rancher ext4 loop 0 0  # pi-volume${end}\n`,
            );
            const facts = `before_k3s() { say before; }; switched && drive && commit && our_line`;
            const [drive, line, ...rest] = lines(facts).split("\n");
            assert.equal(drive, "/mnt/x");
            assert.deepEqual(rest, [""]);
            assert.equal(
                readFileSync(join(folder, "fstab"), "utf8"),
                `${others}${line ?? ""}\n`,
                JSON.stringify(end),
            );
        }
    });

    it("a folder to bind that is a symbolic link, or is below one: systemd would mount nothing there at the next boot", () => {
        mkdirSync(join(folder, "ssd"));
        mkdirSync(join(folder, "lib"));
        symlinkSync(join(folder, "ssd"), join(folder, "log"));
        const bind = "BIND='kubelet pod-logs'; against_links_to_bind";
        assert.match(lines(bind), /^\S+\/log is a symbolic link, .*: take pod-logs out of bind/);
        unlinkSync(join(folder, "log"));
        assert.equal(lines(bind), "");
        symlinkSync(join(folder, "ssd"), join(folder, "lib/kubelet"));
        assert.match(lines(bind), /^\S+\/lib\/kubelet is a symbolic link, .*: take kubelet out/);
    });

    it("a drive by a symbolic link: the mount point itself is asked for", () => {
        mkdirSync(join(folder, "usb0"));
        symlinkSync(join(folder, "usb0"), join(folder, "usb"));
        assert.match(
            lines(`DRIVE=${folder}/usb; against_drive`),
            new RegExp(`: give the mount point itself, ${folder}/usb0\n$`),
        );
    });

    it("a drive that is mounted when it is used, and does not come: nobody is advised to format it", () => {
        const said = lines(
            `mountpoint() { true; }; on_the_card() { false; }; findmnt() { echo autofs; }; DRIVE=${folder}; against_drive`,
        );
        assert.match(said, /the drive did not come within 10 s: plug it in/);
        assert.doesNotMatch(said, /format/);
    });

    it("what the kernel itself has open below the data: an NFS export, swap, a loop device", () => {
        const holders = `losetup() { printf '/dev/loop3 ${folder}/rancher/k3s/disk.img\\n/dev/loop4 ${folder}/rancher/bound/kubelet/a\\n/dev/loop5 /srv/b\\n'; }
shims() { :; }; pods() { :; }; holding_processes() { :; }; foreign_holders`;
        writeFileSync(
            join(folder, "etab"),
            `${folder}/rancher/k3s/storage\t192.168.1.0/24(rw)\n${folder}/rancher/k3s/storage\t10.0.0.0/8(rw)\n/srv\t*(rw)\n`,
        );
        writeFileSync(
            join(folder, "swaps"),
            `Filename Type Size Used Priority\n${folder}/rancher/swap file 1 0 -2\n/dev/zram0 partition 1 0 5\n`,
        );
        assert.deepEqual(lines(holders).split(/, */), [
            `/dev/loop3 has ${folder}/rancher/k3s/disk.img open (sudo losetup -d /dev/loop3)`,
            `NFS exports ${folder}/rancher/k3s/storage (sudo exportfs -ua`,
            "and sudo exportfs -ra when all is done)",
            `the kernel swaps to ${folder}/rancher/swap (sudo swapoff ${folder}/rancher/swap)`,
        ]);
        rmSync(join(folder, "etab"));
        rmSync(join(folder, "swaps"));
        assert.equal(lines(holders.replace(/printf.*?;/, ":;")), "");
    });

    it("a node whose name ends with an id (--with-node-id): an adoption brings it back, and the password", () => {
        mkdirSync(join(folder, "node"));
        mkdirSync(join(folder, "kept"));
        writeFileSync(join(folder, "node/password"), "old");
        writeFileSync(join(folder, "node/id"), "1a2b3c4d\n");
        const there = "mounted() { say image; }; free_bytes() { say 9999999; }";
        lines(`${there}; keep_password`);
        assert.equal(
            readFileSync(join(folder, "rancher/.pi-volume/node-id"), "utf8"),
            "1a2b3c4d\n",
        );
        writeFileSync(join(folder, "node/password"), "new");
        rmSync(join(folder, "node/id"));
        assert.equal(lines(`${there}; put_password_back`), "", "nothing is due");
        writeFileSync(join(folder, "kept/password-due"), "yes\n");
        assert.equal(lines(`${there}; put_password_back`).split("\n").length, 3);
        assert.equal(readFileSync(join(folder, "node/password"), "utf8"), "old");
        assert.equal(readFileSync(join(folder, "node/id"), "utf8"), "1a2b3c4d\n");
        assert.ok(!existsSync(join(folder, "kept/password-due")));
    });
});
