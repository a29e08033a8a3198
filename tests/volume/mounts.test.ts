import assert from "node:assert/strict";
import { rarely } from "../kills/sample";
import { Cases } from "./cases";
import { drive, Host } from "./host";
import { digest, k3sBack, pods, pv, pvMust, status, told, wanted } from "./volume";

const storage = "/var/lib/rancher/k3s/storage";
const disk = "mkfs.ext4 -q -F /disk.img 40M && mount -o loop /disk.img";

/** A mount that is not k3s's: how it comes about, and where it is. */
interface Foreign {
    readonly name: string;
    readonly make: string;
    readonly path: string;
    /** Whether it is tried on a switched Pi too. */
    readonly onImage?: boolean;
}

const foreign: readonly Foreign[] = [
    {
        name: "a NAS that fstab mounts",
        // Stood in for by memory that calls itself so.
        make: `echo 'nas:/export/pv ${storage} nfs nofail 0 0' >>/etc/fstab; mount -i -t tmpfs nas:/export/pv ${storage}`,
        path: storage,
        onImage: true,
    },
    { name: "another disk", make: `${disk} ${storage}`, path: storage },
    {
        name: "a folder bound from elsewhere",
        make: `mkdir -p /srv/big ${storage}/big; mount --bind /srv/big ${storage}/big`,
        path: `${storage}/big`,
        onImage: true,
    },
    {
        name: "an overlay",
        make: `mkdir -p /srv/{low,up,work} ${storage}/over; mount -t overlay over -o lowerdir=/srv/low,upperdir=/srv/up,workdir=/srv/work ${storage}/over`,
        path: `${storage}/over`,
    },
    {
        name: "an automount of fstab whose NAS nobody asked for yet",
        make: `[ -e /dev/autofs ] || { mknod /dev/autofs c 10 235; systemctl daemon-reexec; }; echo 'nas:/export ${storage} nfs noauto,nofail,x-systemd.automount 0 0' >>/etc/fstab; systemctl daemon-reload; systemctl start var-lib-rancher-k3s-storage.automount`,
        path: storage,
        onImage: true,
    },
    {
        name: "a path with a space",
        make: `mkdir -p '${storage}/my disk'; ${disk} '${storage}/my disk'`,
        path: `${storage}/my disk`,
        onImage: true,
    },
    {
        name: "a disk below the kubelet's folder that fstab names",
        make: `mkdir -p /var/lib/rancher/k3s/agent/kubelet/pods/x; echo '/disk.img /var/lib/rancher/k3s/agent/kubelet/pods/x ext4 loop,nofail 0 0' >>/etc/fstab; ${disk} /var/lib/rancher/k3s/agent/kubelet/pods/x`,
        path: "/var/lib/rancher/k3s/agent/kubelet/pods/x",
        onImage: true,
    },
    {
        name: "k3s's whole folder is another disk",
        make: `mount --bind /var/lib/rancher/k3s /var/lib/rancher/k3s`,
        path: "/var/lib/rancher/k3s",
    },
    {
        name: "the folder above it is another disk",
        make: "mount --bind /var/lib/rancher /var/lib/rancher",
        path: "/var/lib/rancher",
    },
];

describe("mounts that are not k3s's, at and below its folder", () => {
    const host = new Host("pv-mounts");
    const cases = new Cases();

    before(() => host.create());
    after(async () => {
        cases.print();
        await host.remove();
    });

    /** The case's mount is there while `look` runs, and nothing but it is left afterwards. */
    async function having({ make, path }: Foreign, look: () => Promise<void>): Promise<void> {
        await host.must(`cp /etc/fstab /root/fstab; mkdir -p ${storage}; ${make}`);
        try {
            await look();
        } finally {
            await host.must(
                `systemctl stop '*.automount'; umount '${path}'; rm -f /disk.img; cp /root/fstab /etc/fstab; systemctl daemon-reload`,
            );
        }
    }

    /** Byte for byte, and with the same pods. */
    async function everything(): Promise<string> {
        return `${await digest(host)}\n${await host.must(pods)}`;
    }

    async function refuses(command: string, says: string): Promise<string> {
        const had = await everything();
        const result = await pv(host, command);
        assert.equal(result.code, 10, result.output);
        assert.ok(result.output.includes(says), `not a word of ${says}: ${result.output}`);
        assert.equal(await everything(), had, "a refusal changed something");
        return told(result);
    }

    for (const each of foreign) {
        it(`${each.name}: the first move is refused before anything`, () =>
            having(each, async () => {
                const sentence = await refuses(`apply ${wanted}`, each.path);
                assert.match(sentence, /To (keep it|bring it to the card): stop k3s \(/);
                const after = "nothing changed";
                cases.add({ name: each.name, told: sentence, after, rerun: "10" });
            }));
    }

    it("a disk that is to be bound, and one below it: refused", async () => {
        await host.must("mkdir -p /var/log/pods /var/lib/kubelet/pods/x /var/lib/kubelet/mine");
        for (const [place, name] of [
            ["/var/log/pods", "pod-logs"],
            ["/var/lib/kubelet", "kubelet"],
            ["/var/lib/kubelet/mine", "kubelet"],
        ] as const) {
            const each = { name: place, path: place, make: `mount --bind ${place} ${place}` };
            await having(each, async () => {
                const sentence = await refuses(`apply ${wanted} --bind=${name}`, `${place} (`);
                cases.add({
                    name: `${name} bound, ${place} is a mount`,
                    told: sentence,
                    after: "nothing changed",
                    rerun: "10",
                });
            });
        }
    });

    for (const [at, each] of foreign.filter(({ onImage }) => onImage === true).entries()) {
        it(`on the image: ${each.name}: named by status, and left alone by apply and restore`, async () => {
            if (at === 0) {
                await pvMust(host, `apply ${wanted}`);
            }
            await quietly(() =>
                having(each, async () => {
                    const { blocked, ok } = await status(host);
                    assert.equal(ok, false);
                    assert.ok(blocked.join().includes(each.path), blocked.join());
                    await refuses("restore", each.path);
                    const sentence = await refuses(`apply ${wanted} --bind=pod-logs`, each.path);
                    cases.add({
                        name: `on the image: ${each.name}`,
                        told: sentence,
                        after: "still mounted",
                        rerun: "10",
                    });
                }),
            );
        });
    }

    it("on the image: something is mounted over it: apply and restore name it", async () => {
        const over = {
            name: "over the image",
            path: "/var/lib/rancher",
            make: "mount -t tmpfs nas:/all /var/lib/rancher",
        };
        await quietly(() =>
            having(over, async () => {
                assert.match((await status(host)).blocked.join(), /nas:\/all is mounted over/);
                const sentence = await refuses(`apply ${wanted}`, "nas:/all is mounted over");
                await refuses("restore", "not mounted on /var/lib/rancher");
                cases.add({
                    name: "mounted over the image",
                    told: sentence,
                    after: "still mounted",
                    rerun: "10",
                });
            }),
        );
        await pvMust(host, "restore");
        assert.equal((await k3sBack(host)).truth, "card");
    });

    /** Nothing writes into the image, or its bytes could not be compared. */
    async function quietly(look: () => Promise<void>): Promise<void> {
        await host.must("pkill -STOP -f 'bin/(k3s server|containerd-shim)'; sync");
        try {
            await look();
        } finally {
            await host.exec("pkill -CONT -f 'bin/(k3s server|containerd-shim)'");
        }
    }
});

const csi = "/var/lib/kubelet/plugins/kubernetes.io/csi/driver.longhorn.io/abc/globalmount";
const pod = "/var/lib/kubelet/pods/7c1f9b62-1111-4222-8333-9a0b1c2d3e4f/volumes";
const bidi = "/var/lib/kubelet/plugins/driver/mounted";

/** What a kubelet and a CSI driver mount at k3s's start, beside the volumes of the stand-in's own pod. */
const volumes = `#!/bin/bash
had=$(</proc/self/mountinfo)
at() {
    [[ $had == *" $1 "* ]] || { mkdir -p "$1" && mount "\${@:2}" "$1"; }
}
at ${csi} -o loop /csi.img
at ${pod}/kubernetes.io~csi/pvc-2/mount --bind ${csi}
at ${pod}/kubernetes.io~empty-dir/memory -t tmpfs lower
[ "$(findmnt -rn --mountpoint ${pod}/kubernetes.io~empty-dir/memory | wc -l)" = 2 ] ||
    mount -t tmpfs upper ${pod}/kubernetes.io~empty-dir/memory
# A driver in a pod whose mounts the host sees, as mountPropagation: Bidirectional has it.
mountpoint -q ${bidi} && exit
mkdir -p ${bidi}
pods=$(findmnt -rn -t cgroup,cgroup2 -o TARGET | grep -E '/(systemd|cgroup)$' | head -n 1)/kubepods/driver
mkdir -p $pods
echo $$ >$pods/cgroup.procs
setsid unshare --mount --propagation shared sh -c 'mount -t tmpfs driver ${bidi}; sleep infinity' </dev/null >/dev/null 2>&1 &
until mountpoint -q ${bidi}; do sleep 0.1; done
`;

describe("mounts that k3s and its kubelet make", () => {
    const host = new Host("pv-volumes");
    const cases = new Cases();
    let mounts = "";
    let since = 0;

    before(async () => {
        await host.create("800M", "1800M");
        await host.must(
            [
                `cat >/usr/local/bin/volumes <<'EOF'\n${volumes}EOF`,
                "chmod +x /usr/local/bin/volumes; mkdir /etc/systemd/system/k3s.service.d",
                "printf '[Service]\\nExecStartPost=/usr/local/bin/volumes\\n' >/etc/systemd/system/k3s.service.d/volumes.conf",
                "mkfs.ext4 -q -F /csi.img 20M; systemctl daemon-reload; systemctl restart k3s",
                `head -c 3000000 /dev/urandom >${csi}/data; sync`,
            ].join("\n"),
        );
        mounts = await made();
        assert.equal(mounts.split("\n").length, 9, mounts);
    });
    after(async () => {
        cases.print();
        await host.remove();
    });

    async function made(): Promise<string> {
        return host.must(
            "findmnt -rn -o TARGET,FSTYPE | grep -E '^/(var/lib/kubelet/|run/k3s/)' | sort",
        );
    }

    /** Runs a command, which must end well: k3s runs there, and its pods have all their mounts, once. */
    async function well(command: string, truth: "card" | "image"): Promise<string> {
        const bytes = await host.must(`sha256sum ${csi}/data`);
        const output = await pvMust(host, command);
        assert.doesNotMatch(output, /left mounted|detached/);
        const seen = await k3sBack(host);
        assert.equal(seen.truth, truth);
        assert.ok(seen.counter >= since, `the counter went back from ${since} to ${seen.counter}`);
        since = seen.counter;
        assert.equal(await made(), mounts, `after ${command}`);
        assert.equal(await host.must(`sha256sum ${csi}/data`), bytes);
        if (truth === "image") {
            const { ok, phase, problems, blocked } = await status(host);
            assert.deepEqual([ok, phase], [true, "finalized"], [...problems, ...blocked].join());
        }
        cases.add({
            name: command.replace(/--drive=\S+ /, ""),
            told: output.split("\n").at(-1) ?? "",
            after: `k3s active on the ${truth}`,
            rerun: "-",
        });
        return output;
    }

    for (const time of ["the first time", "the second time"]) {
        const test = time === "the first time" ? it : rarely;
        test(`move away, and back: ${time}`, async () => {
            await well(`apply ${wanted}`, "image");
            await well("restore", "card");
        });
    }

    const both = `apply ${wanted} --bind=kubelet,pod-logs`;
    for (const time of ["the first time", "the second time"]) {
        const test = time === "the first time" ? it : rarely;
        test(`the kubelet's folder is bound, and taken back: ${time}`, async () => {
            await well(both, "image");
            await well(`apply ${wanted}`, "image");
        });
    }

    it("a Pi that has to stop k3s to grow, with the kubelet bound: twice", async () => {
        const refusing = `#!/bin/sh\ncase $1 in /dev/loop*) exit 1 ;; esac\nexec /usr/sbin/resize2fs "$@"\n`;
        await host.must(
            `printf '%s' '${refusing}' >/usr/local/bin/resize2fs; chmod +x /usr/local/bin/resize2fs`,
        );
        for (const mib of [320, 340]) {
            const size = `--size=${mib}M`;
            const output = await well(
                `apply --drive=${drive} ${size} --bind=kubelet,pod-logs`,
                "image",
            );
            assert.match(output, /with k3s stopped/);
        }
        await host.must("rm /usr/local/bin/resize2fs");
    });

    it("made smaller by way of the card, with the kubelet bound: twice", async () => {
        for (const mib of [290, 280]) {
            const size = `--size=${mib}M --confirmed`;
            await well(`apply --drive=${drive} ${size} --bind=kubelet,pod-logs`, "image");
        }
    });

    it("comes back to the card with the kubelet bound: twice", async () => {
        await well("restore", "card");
        await well(both.replace("300M", "280M"), "image");
        await well("restore", "card");
    });
});
