import assert from "node:assert/strict";
import { rarely } from "../kills/sample";
import { hasty, inBounds } from "./bounds";
import { Cases } from "./cases";
import { drive, Host, until } from "./host";
import { counter, digest, k3sBack, node, pods, pvMust, replacing } from "./volume";
import { status, told, wanted } from "./volume";

const csi = "/var/lib/kubelet/plugins/kubernetes.io/csi/driver/abc/globalmount";
const bound = `apply ${wanted} --bind=kubelet`;

describe("what does not end by itself", () => {
    const host = new Host("pv-bounds");
    const cases = new Cases();

    before(() => host.create());
    after(async () => {
        cases.print();
        // A process in an umount that never ends would outlive the host.
        await host.exec("pkill -KILL perl");
        await host.remove();
    });

    async function refuses(name: string, command: string, says: RegExp): Promise<void> {
        const before = `${await digest(host)}\n${await host.must(pods)}`;
        const result = await inBounds(host, command);
        assert.equal(result.code, 10, result.output);
        assert.match(result.output, says);
        assert.equal(`${await digest(host)}\n${await host.must(pods)}`, before);
        cases.add({ name, told: told(result), after: "nothing changed", rerun: "10" });
    }

    it("another node's name: refused with the name of this one", async () => {
        await refuses(
            "--node=raspberrypi",
            `apply ${wanted} --node=raspberrypi`,
            new RegExp(
                `node is called ${node}, and not raspberrypi: write name: ${node} \\(--node\\)`,
            ),
        );
    });

    it("a node that never becomes Ready: refused after the time that a start may take", async () => {
        await host.must("touch /etc/fake-k3s/unready");
        try {
            await refuses(
                "node not Ready",
                `apply ${wanted} --node=${node}`,
                /k3s is not well, and would not be elsewhere: .*\(journalctl -u k3s\)/,
            );
        } finally {
            await host.must("rm /etc/fake-k3s/unready");
        }
    });

    it("a service that dies each second: refused", async () => {
        const broken = "/run/systemd/system/k3s.service.d/broken.conf";
        await host.must(
            `mkdir -p ${broken.replace(/\/[^/]*$/, "")}; printf '[Service]\\nExecStart=\\nExecStart=/bin/sh -c "sleep 0.3; exit 1"\\n' >${broken}; systemctl daemon-reload; systemctl --no-block restart k3s; sleep 0.5`,
        );
        const result = await inBounds(host, `apply ${wanted}`);
        assert.equal(result.code, 10, result.output);
        assert.match(told(result), /k3s is (in trouble already|not well)/);
        await host.must(`rm ${broken}; systemctl daemon-reload; systemctl restart k3s`);
        const after = "nothing changed";
        cases.add({ name: "k3s dies each second", told: told(result), after, rerun: "10" });
    });

    it("no loop device: refused, and what helps is said", async () => {
        await host.must(
            `printf '#!/bin/sh\\n[ "$1" != -f ] || exit 1\\nexec /sbin/losetup "$@"\\n' >/usr/local/bin/losetup; chmod +x /usr/local/bin/losetup`,
        );
        await refuses(
            "no loop device",
            `apply ${wanted}`,
            /no loop device: sudo modprobe loop\. If that fails, the kernel was upgraded since the last boot: sudo reboot/,
        );
        await host.must("rm /usr/local/bin/losetup");
    });

    for (const [name, unit] of [
        ["a shell in it", "--working-directory=/var/lib/rancher/k3s sleep 1000"],
        ["an exporter", "bash -c 'exec 5</var/lib/rancher/k3s/server/db/state; sleep 1000'"],
    ] as const) {
        it(`somebody has a file below k3s's folder open (${name}): named before any pod is stopped`, async () => {
            await host.must(`systemd-run --unit=reader ${unit}; sleep 0.3`);
            const says =
                /(sleep|bash) \(process \d+\) has a file below \/var\/lib\/rancher open: end it/;
            await refuses(name, `apply ${wanted}`, says);
            await host.must("systemctl stop reader");
        });
    }

    /** Makes k3s's only pod anew. */
    async function newPod(): Promise<void> {
        await host.must(
            "systemctl stop k3s; pkill -KILL -f bin/containerd-shi[m]; systemctl start k3s",
        );
    }

    for (const driver of ["cgroupfs", "systemd"]) {
        const test = driver === "cgroupfs" ? it : rarely;
        test(`a pod that ignores SIGTERM gets its own grace period while k3s runs (cgroups by ${driver})`, async () => {
            await host.must("touch /etc/fake-k3s/stubborn; echo 6 >/etc/fake-k3s/grace");
            await newPod();
            if (driver === "systemd") {
                await host.must(
                    `id=$(basename /sys/fs/cgroup/systemd/kubepods/pod*); to=/sys/fs/cgroup/systemd/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-$(echo $id | tr - _).slice/cri-containerd-1.scope; mkdir -p $to; cat /sys/fs/cgroup/systemd/kubepods/$id/cgroup.procs | while read id; do echo $id >$to/cgroup.procs; done`,
                );
            }
            const watched = replacing(
                "wait_for_deaf_pods",
                'local from=$EPOCHREALTIME; real_wait_for_deaf_pods; say "waited $(seconds_since "$from" 0) s, k3s is $(state_of "$SERVICE" ActiveState)"',
            );
            const { code, output } = await inBounds(host, `apply ${wanted}`, watched);
            await host.must("rm /etc/fake-k3s/stubborn /etc/fake-k3s/grace");
            assert.equal(code, 0, output);
            assert.match(
                output,
                / do not listen to SIGTERM: they have 6 s to end, while k3s still runs$/m,
            );
            assert.match(output, /^waited ([5-9]|\d\d) s, k3s is active$/m);
            const down = Number(/k3s was down for ([\d.]+) s/.exec(output)?.[1]);
            const at = await host.must(
                "systemctl show -P InactiveEnterTimestampMonotonic k3s; systemctl show -P ActiveEnterTimestampMonotonic k3s",
            );
            const [stopped = 0, started = 0] = at.split("\n").map((time) => Number(time) / 1e6);
            assert.ok(down < started - stopped + 3, `told ${down} s, was ${started - stopped} s`);
            await k3sBack(host);
            await pvMust(host, "restore");
            cases.add({
                name: `pod ignores SIGTERM, ${driver}`,
                told: /^.*SIGTERM.*$/m.exec(output)?.[0] ?? "",
                after: "on the image",
                rerun: "0",
            });
        });
    }

    it("a pod that listens, and needs 2 s to end, is waited for", async () => {
        const last = "/var/lib/rancher/k3s/storage/pvc-1/last";
        const pod = `trap "sleep 2; echo whole >${last}; exit" TERM; while :; do sleep 0.1; done`;
        await host.must(
            [
                "group=/sys/fs/cgroup/systemd/kubepods/listens; mkdir -p $group; echo $$ >$group/cgroup.procs",
                `printf '%s' '${pod}' >/root/pod`,
                `shim=/var/lib/rancher/k3s/data/abc/bin/containerd-shim-runc-v2`,
                `setsid $shim -c 'bash /root/pod & wait' shim -address /run/k3s/containerd/containerd.sock </dev/null >/dev/null 2>&1 &`,
            ].join("\n"),
        );
        const { code, output } = await inBounds(host, `apply ${wanted}`);
        assert.equal(code, 0, output);
        assert.equal(
            await host.must(`findmnt -n -o SOURCE -T ${last} | cut -c1-9; cat ${last}`),
            "/dev/loop\nwhole",
        );
        await host.must(`rm ${last}`);
        cases.add({ name: "pod needs 2 s", told: "done", after: "ended in order", rerun: "0" });
    });

    /** An umount that never ends for one path, unless it is lazy. */
    async function hangs(path: string): Promise<void> {
        await host.must(
            `printf '%s\\n' '#!/bin/sh' 'case "$*" in *-l*) ;; *${path}) sleep 1000 ;; esac' 'exec /bin/umount "$@"' >/usr/local/bin/umount; chmod +x /usr/local/bin/umount`,
        );
    }

    it("an umount of a CSI volume that hangs: detached, and k3s runs on", async () => {
        await host.must(
            `mkdir -p ${csi}; mkfs.ext4 -q -F /csi.img 10M; mount -o loop /csi.img ${csi}; echo kept >${csi}/file`,
        );
        await hangs(csi);
        const result = await inBounds(host, bound);
        await host.must("rm /usr/local/bin/umount");
        assert.equal(result.code, 0, result.output);
        assert.match(
            result.output,
            /globalmount did not unmount: it is detached \(no answer within/,
        );
        await k3sBack(host);
        await host.must(`mount -o loop /csi.img ${csi}; grep kept ${csi}/file; umount ${csi}`);
        await pvMust(host, bound);
        cases.add({
            name: "umount of a CSI volume hangs",
            told: /^.*globalmount did not.*$/m.exec(result.output)?.[0] ?? "",
            after: "k3s active on the image",
            rerun: "0",
        });
    });

    it("a volume whose device never answers, so that no signal ends its umount: k3s runs on", async function () {
        await pvMust(host, `apply ${wanted}`);
        await host.must(
            `[ -e /dev/fuse ] || mknod /dev/fuse c 10 229; cat >/root/silent.pl <<'EOF'\n${silent}EOF`,
        );
        const up = await host.exec(
            `truncate -s 10M /silent.img; device=$(losetup -f --show /silent.img); (setsid perl /root/silent.pl $device ${csi} </dev/null >/dev/null 2>&1 &); timeout 5 sh -c 'until grep -q fuseblk /proc/self/mountinfo; do sleep 0.1; done'`,
        );
        if (up.code !== 0) {
            console.log(`      this machine's kernel has no FUSE: ${up.output}`);
            this.skip();
        }
        // The job's own end waits for what is left of it.
        const text = hasty.replace("TimeoutStopSec=120", "TimeoutStopSec=2");
        const result = await inBounds(host, bound, text);
        assert.equal(result.code, 0, result.output);
        assert.match(result.output, /globalmount is unmounted, and what it was on does not answer/);
        await k3sBack(host);
        await pvMust(host, bound);
        await host.must("pkill -KILL perl");
        cases.add({
            name: "device of a CSI volume is gone",
            told: /^.*globalmount is unmounted.*$/m.exec(result.output)?.[0] ?? "",
            after: "k3s active on the image",
            rerun: "0",
        });
    });

    it("an umount of k3s's own data that hangs: named, and k3s runs again", async () => {
        await pvMust(host, "restore");
        await hangs("~local-volume/pvc-1");
        const had = await counter(host);
        const result = await inBounds(host, `apply ${wanted}`);
        await host.must("rm /usr/local/bin/umount");
        assert.equal(result.code, 20, result.output);
        assert.match(told(result), /~local-volume\/pvc-1 cannot be unmounted/);
        const seen = await k3sBack(host);
        assert.ok(seen.truth === "card" && seen.counter >= had);
        await pvMust(host, `apply ${wanted}`);
        const after = "k3s active on the card";
        cases.add({ name: "umount of k3s's data hangs", told: told(result), after, rerun: "0" });
    });

    it("an umount of the copy that hangs while k3s is stopped: k3s runs again all the same", async () => {
        await pvMust(host, "restore");
        const had = await counter(host);
        await host.must(
            `printf '%s\\n' '#!/bin/sh' 'case "$*" in *-volume/image) [ ! -e /run/pi-volume/stopped ] || exec sleep 1000 ;; esac' 'exec /bin/umount "$@"' >/usr/local/bin/umount; chmod +x /usr/local/bin/umount`,
        );
        // The job's own end waits for what is left of it.
        const text = hasty.replace("TimeoutStopSec=120", "TimeoutStopSec=10");
        const result = await inBounds(host, `apply ${wanted}`, text);
        await host.must("rm /usr/local/bin/umount");
        assert.equal(result.code, 20, result.output);
        assert.match(told(result), /\/run\/pi-volume\/image cannot be unmounted/);
        const seen = await k3sBack(host);
        assert.ok(seen.truth === "card" && seen.counter >= had);
        await pvMust(host, `apply ${wanted}`);
        const after = "k3s active on the card";
        cases.add({ name: "umount of the copy hangs", told: told(result), after, rerun: "0" });
    });

    it("an earlier run left another image mounted for the copy: the copy goes into the right one", async () => {
        await pvMust(host, "restore");
        await host.must(`rm -rf ${drive}/k3s-data /var/lib/pi-volume`);
        const had = await counter(host);
        await host.must(
            "mkdir -p /run/pi-volume/image; truncate -s 200M /stale.img; mkfs.ext4 -q /stale.img; mount -o loop /stale.img /run/pi-volume/image; rm /stale.img",
        );
        await pvMust(host, `apply ${wanted}`);
        const seen = await k3sBack(host);
        assert.ok(seen.truth === "image" && seen.counter >= had);
        assert.equal((await status(host)).ok, true);
        const after = "k3s active on the image";
        cases.add({ name: "another image left mounted", told: "done", after, rerun: "-" });
    });

    it("k3s that does not stop in time: the run ends, and k3s is started when it has stopped", async () => {
        await pvMust(host, "restore");
        const had = await counter(host);
        const slow = "/run/systemd/system/k3s.service.d/slow.conf";
        await host.must(
            `mkdir -p $(dirname ${slow}); printf '[Service]\\nExecStop=/bin/sleep 4\\n' >${slow}; systemctl daemon-reload`,
        );
        const hastier = hasty.replace("STOP_SECONDS=180", "STOP_SECONDS=1");
        assert.notEqual(hastier, hasty);
        const result = await inBounds(host, `apply ${wanted}`, hastier);
        await host.must(`rm ${slow}; systemctl daemon-reload`);
        assert.equal(result.code, 20, result.output);
        assert.match(told(result), /k3s did not stop within 1 s/);
        assert.match(result.output, /k3s is started again/);
        // The stop was still under way, and k3s active or on its way down.
        await until("k3s to have stopped and started", async () => {
            const { output } = await host.exec("systemctl show -p SubState,Job --value k3s");
            return output.replaceAll("\n", " ").trim() === "running";
        });
        const seen = await k3sBack(host);
        assert.ok(seen.truth === "card" && seen.counter >= had);
        await pvMust(host, `apply ${wanted}`);
        const after = "k3s active on the card";
        cases.add({ name: "k3s stops too late", told: told(result), after, rerun: "0" });
    });

    rarely(
        "an umount of the image itself that hangs: k3s waits for the rerun, on the card",
        async () => {
            const had = await counter(host);
            await hangs("/var/lib/rancher");
            const result = await inBounds(host, "restore");
            await host.must("rm /usr/local/bin/umount");
            assert.equal(result.code, 20, result.output);
            assert.match(result.output, /\/var\/lib\/rancher cannot be unmounted/);
            await pvMust(host, "restore");
            const seen = await k3sBack(host);
            assert.ok(seen.truth === "card" && seen.counter >= had);
            const after = "k3s down until then";
            cases.add({ name: "umount of the image hangs", told: told(result), after, rerun: "0" });
        },
    );

    rarely("on the image: a reader is named before any pod is stopped", async () => {
        await pvMust(host, `apply ${wanted}`);
        await host.must(
            "systemd-run --unit=reader --working-directory=/var/lib/rancher/k3s sleep 1000; sleep 0.3",
        );
        const before = await host.must(`${pods}; systemctl show -P MainPID k3s`);
        for (const [command, code] of [
            [`apply ${wanted} --bind=pod-logs`, 30],
            [`apply --drive=${drive} --size=200M --confirmed`, 10],
            ["restore", 10],
        ] as const) {
            const result = await inBounds(host, command);
            assert.equal(result.code, code, result.output);
            assert.match(told(result), /sleep \(process \d+\) has a file below/);
            assert.equal(await host.must(`${pods}; systemctl show -P MainPID k3s`), before);
            const after = "same k3s, same pods";
            cases.add({ name: `reader, ${command}`, told: told(result), after, rerun: "0" });
        }
        await host.must("systemctl stop reader");
        await pvMust(host, `apply ${wanted} --bind=pod-logs`);
    });
});

/** A file system on a device that answers its first question, and then no more. */
const silent = `use strict; use Fcntl;
my ($device, $path) = @ARGV;
sysopen(my $fuse, "/dev/fuse", O_RDWR) or die "fuse: $!";
fcntl($fuse, F_SETFD, 0);
my $fd = fileno $fuse;
system("mount", "-i", "-t", "fuseblk", "-o", "fd=$fd,rootmode=040000,user_id=0,group_id=0", $device, $path) == 0 or die;
sysread($fuse, my $question, 135168);
my (undef, undef, $id) = unpack "LLQ", $question;
my $answer = pack("LLLLSSL", 7, 31, 65536, 0, 12, 9, 65536);
$answer .= "\\0" x (64 - length $answer);
syswrite($fuse, pack("LlQ", 16 + length $answer, 0, $id) . $answer);
while (sysread($fuse, $question, 135168)) { }
`;
