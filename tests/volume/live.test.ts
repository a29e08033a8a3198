import assert from "node:assert/strict";
import { rarely } from "../kills/sample";
import { Cases } from "./cases";
import { drive, Host } from "./host";
import { counter, k3sBack, pv, pvMust, status, told, wanted } from "./volume";

const image = `${drive}/k3s-data/k3s.ext4`;
const kept = "/var/lib/rancher/k3s/kept";

/** What a person does by hand: stops k3s and its pods, and unmounts all. */
const unmounted = [
    "systemctl stop k3s; pkill -KILL -f 'bin/containerd-shi[m]'",
    "timeout 20 sh -c 'while mountpoint -q /run/k3s/containerd/pod/rootfs; do umount /run/k3s/containerd/pod/rootfs || sleep 0.1; done'",
    "findmnt -rno TARGET | grep ^/var/lib/kubelet/pods/ | xargs umount; umount /var/lib/rancher",
    // Until systemd has seen it, it would not mount it again.
    "timeout 20 sh -c 'while systemctl -q is-active var-lib-rancher.mount; do sleep 0.1; done'",
].join("; ");

describe("an image that a container still has mounted is never checked", () => {
    const host = new Host("pv-live");
    const cases = new Cases();
    let files = 0;
    let had = 0;

    before(async () => {
        await host.create();
        await pvMust(host, `apply ${wanted}`);
        await host.must(`mkdir ${kept}`);
    });
    after(async () => {
        cases.print();
        await host.remove();
    });

    /** As Docker beside k3s runs one with -v /:/host: what is unmounted on the Pi stays mounted in it. */
    async function container(): Promise<void> {
        await host.exec("systemctl stop container");
        await host.must(
            "systemd-run --unit=container unshare --mount --propagation private sleep 1000000; sleep 0.3",
        );
        had = await counter(host);
    }

    async function write(): Promise<void> {
        files += 200;
        await host.must(
            `cd ${kept}; for n in {${files - 199}..${files}}; do echo $n >$n; done; sync -f .; sync -f ${drive}`,
        );
    }

    /** Every file is there, and would be after a power cut now. */
    async function allThere(): Promise<void> {
        const seen = await k3sBack(host);
        const whole = await host.must(`seq ${files} | sort | sha256sum`);
        assert.equal(await host.must(`cat ${kept}/* | sort | sha256sum`), whole);
        assert.ok(seen.counter >= had, `the counter went back from ${had} to ${seen.counter}`);
        if (seen.truth === "image") {
            const cut = [
                `cp --sparse=always ${image} ${drive}/cut; mkdir -p /mnt/cut`,
                `e2fsck -fy ${drive}/cut >/root/fsck 2>&1; grep -i 'error' /root/fsck; mount -o loop ${drive}/cut /mnt/cut`,
                "cat /mnt/cut/k3s/kept/* | sort | sha256sum",
                `umount /mnt/cut; rm ${drive}/cut`,
            ];
            assert.equal(await host.must(cut.join("; ")), whole, "a power cut would lose files");
        }
    }

    /** The last words of the check before the last mount. */
    async function checked(): Promise<string> {
        return host.must("journalctl -q -o cat -n 3 _SYSTEMD_UNIT=pi-volume-fsck.service");
    }

    it("unmounted by hand and started again in the same boot: no check, and no file is lost", async () => {
        await container();
        await write();
        await host.must(`${unmounted}; systemctl start k3s`);
        assert.match(await checked(), /k3s\.ext4 is still in use, so it is not checked/);
        await write();
        await allThere();
        await pvMust(host, `apply ${wanted}`);
        cases.add({
            name: "umount, start k3s",
            told: "is still in use, so it is not checked",
            after: "k3s active, all files",
            rerun: "0",
        });
    });

    it("the same without the container: checked", async () => {
        await host.must(`systemctl stop container; sleep 0.3; ${unmounted}; systemctl start k3s`);
        assert.match(await checked(), /k3s-data: clean/);
        await write();
        await allThere();
        cases.add({ name: "no container", told: "clean", after: "all files", rerun: "-" });
    });

    it("to the card, and back: no check, and no file is lost", async () => {
        await container();
        await write();
        await pvMust(host, "restore");
        await allThere();
        await write();
        await pvMust(host, `apply ${wanted}`);
        assert.match(await checked(), /is still in use, so it is not checked/);
        await write();
        await allThere();
        assert.equal((await status(host)).ok, true);
        cases.add({
            name: "destroy, up",
            told: "done",
            after: "k3s active, all files",
            rerun: "0",
        });
    });

    it("to grow it with k3s stopped fails with the holder's name, and succeeds when that has ended", async () => {
        await container();
        await write();
        await host.must(
            `printf '#!/bin/sh\\ncase $1 in /dev/loop*) exit 1 ;; esac\\nexec /usr/sbin/resize2fs "$@"\\n' >/usr/local/bin/resize2fs; chmod +x /usr/local/bin/resize2fs`,
        );
        const larger = `apply --drive=${drive} --size=320M`;
        const failed = await pv(host, larger);
        assert.equal(failed.code, 30, failed.output);
        assert.match(told(failed), /is still in use, by sleep \(process \d+\): end it/);
        await allThere();
        await host.must("systemctl stop container");
        const output = await pvMust(host, larger);
        await host.must("rm /usr/local/bin/resize2fs");
        assert.match(output, /grew to 320 MiB with k3s stopped/);
        await write();
        await allThere();
        cases.add({ name: "grow", told: told(failed), after: "k3s active", rerun: "0" });
    });

    rarely("made smaller by way of the card: no file is lost", async () => {
        await container();
        await write();
        await pvMust(host, `apply --drive=${drive} --size=280M --confirmed`);
        await write();
        await allThere();
        const { ok, image: now, problems } = await status(host);
        assert.deepEqual([ok, now.bytes], [true, 280 * 1024 * 1024], problems.join());
        cases.add({ name: "smaller", told: "done", after: "k3s active, all files", rerun: "0" });
    });

    rarely("unmounted by hand, and mounted by apply: no check, and no file is lost", async () => {
        await container();
        await write();
        await host.must(unmounted);
        await pvMust(host, `apply --drive=${drive} --size=280M`);
        assert.match(await checked(), /is still in use, so it is not checked/);
        await write();
        await allThere();
        cases.add({ name: "apply after umount", told: "done", after: "all files", rerun: "0" });
    });

    it("a reboot ends the container, and the check is done", async () => {
        await host.powerOff();
        await host.powerOn();
        assert.match(await checked(), /k3s-data: (clean|recovering journal)/);
        await allThere();
        cases.add({ name: "reboot", told: "clean", after: "all files", rerun: "-" });
    });
});
