import assert from "node:assert/strict";
import { Cases } from "./cases";
import { drive, Host } from "./host";
import { digest, pv, pvMust, reset, script, told, wanted } from "./volume";

/** What is wrong, how it comes about and goes, and what the refusal has to speak of. */
interface Refusal {
    readonly name: string;
    readonly make?: string;
    readonly undo?: string;
    /** @default an apply of 300 MiB */
    readonly command?: string;
    readonly says: RegExp;
}

const apply = `apply ${wanted}`;
const size = (text: string) => `apply --drive=${drive} --size=${text}`;
const loop = (type: string, options = "") =>
    `truncate -s 200M /other.img && mkfs.${type} ${options} /other.img >/dev/null && mkdir -p /mnt/other`;
const other = "apply --drive=/mnt/other --size=64M";
const unloop = "umount /mnt/other; rm -f /other.img";
// Pods and their volumes too, or an image that is only out of sight is written to.
const unmounted =
    "pkill -CONT -f 'bin/(k3s|containerd-shim)'; systemctl stop k3s; pkill -KILL -f 'bin/containerd-shi[m]'; timeout 20 sh -c 'while mountpoint -q /run/k3s/containerd/pod/rootfs; do umount /run/k3s/containerd/pod/rootfs || sleep 0.1; done' && findmnt -rno TARGET | grep ^/var/lib/kubelet/pods/ | xargs umount && umount /var/lib/rancher && sync";
const config = "/etc/rancher/k3s/config.yaml";

const onCard: readonly Refusal[] = [
    {
        name: "drive is a plain folder on the card",
        make: "mkdir -p /mnt/other",
        command: other,
        says: /nothing is mounted on \/mnt\/other: .* Mount the drive/,
    },
    {
        name: "drive is a bind mount of the card",
        make: "mkdir -p /mnt/other /srv/x && mount --bind /srv/x /mnt/other",
        undo: "umount /mnt/other",
        command: other,
        says: /is on the card itself: give another/,
    },
    {
        name: "drive is tmpfs",
        make: "mkdir -p /mnt/other && mount -t tmpfs tmpfs /mnt/other",
        undo: "umount /mnt/other",
        command: other,
        says: /file system is tmpfs: format the drive as ext4/,
    },
    {
        name: "drive is read-only",
        make: `${loop("ext4")} && mount -o loop,ro /other.img /mnt/other`,
        undo: unloop,
        command: other,
        says: /mounted read-only: look for its errors/,
    },
    {
        name: "drive is ext3",
        make: `${loop("ext3")} && mount -t ext3 -o loop /other.img /mnt/other`,
        undo: unloop,
        command: other,
        says: /ext3 cannot reserve blocks .*--reserve=zeros/,
    },
    { name: "drive too small", command: size("900M"), says: /free, and the image needs 964 MiB/ },
    {
        name: "data too large for the image",
        make: "fallocate -l 80M /var/lib/rancher/k3s/big",
        undo: "rm /var/lib/rancher/k3s/big",
        command: size("64M"),
        says: /would fill an image of 64 MiB: ask for at least \d+ MiB/,
    },
    ...["rsync", "mkfs.ext4", "fallocate"].map((tool) => ({
        name: `${tool} missing`,
        make: `mv $(type -P ${tool}) /root/${tool}`,
        undo: `mv /root/${tool} /usr/bin/; [ ${tool} != mkfs.ext4 ] || mv /usr/bin/${tool} /usr/sbin/`,
        says: new RegExp(`${tool} is missing: sudo apt-get install`),
    })),
    {
        name: "k3s and k3s-agent both installed",
        make: "sed s/server/agent/ /etc/systemd/system/k3s.service >/etc/systemd/system/k3s-agent.service; systemctl daemon-reload",
        undo: "rm /etc/systemd/system/k3s-agent.service; systemctl daemon-reload",
        says: /both installed: uninstall the one/,
    },
    {
        name: "k3s in trouble already",
        make: "mkdir -p /run/systemd/system/k3s.service.d; printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\nRestartSec=60\\n' >/run/systemd/system/k3s.service.d/bad.conf; systemctl daemon-reload; systemctl restart k3s; true",
        undo: "rm -r /run/systemd/system/k3s.service.d; systemctl daemon-reload; systemctl restart k3s",
        says: /k3s is in trouble already.*make it start first/,
    },
    ...["data-dir: /srv/k3s", '"data-dir": "/srv/k3s" # moved', "  data-dir: '/srv/k3s'"].map(
        (line) => ({
            name: `config.yaml: ${line}`,
            make: `mkdir -p /etc/rancher/k3s; cat >${config} <<'YAML'\n${line}\nYAML`,
            undo: `rm ${config}`,
            says: /k3s keeps its data in \/srv\/k3s/,
        }),
    ),
    {
        name: "data-dir in the unit",
        make: "sed -i.bak 's#^    server#& --data-dir=/srv/k3s#' /etc/systemd/system/k3s.service; systemctl daemon-reload",
        undo: "mv /etc/systemd/system/k3s.service.bak /etc/systemd/system/k3s.service; systemctl daemon-reload",
        says: /k3s keeps its data in \/srv\/k3s/,
    },
    {
        name: "fstab has another line for the place",
        make: "cp /etc/fstab /root/fstab; echo 'UUID=12 /var/lib/rancher ext4 nofail 0 2' >>/etc/fstab",
        undo: "cp /root/fstab /etc/fstab",
        says: /mounts something else on \/var\/lib\/rancher, .* remove this line first: UUID=12/,
    },
    {
        name: "a mount of its own below the data",
        make: `${loop("ext4")}; mkdir -p /var/lib/rancher/k3s/storage && mount -o loop /other.img /var/lib/rancher/k3s/storage`,
        undo: "umount /var/lib/rancher/k3s/storage; rmdir /var/lib/rancher/k3s/storage; rm /other.img",
        says: /k3s\/storage \(\/dev\/loop\d+\) is a mount of its own, which the image cannot take over/,
    },
    {
        name: "a folder in the image's place",
        make: `mkdir -p ${drive}/k3s-data/k3s.ext4`,
        undo: `rmdir ${drive}/k3s-data/k3s.ext4`,
        says: /is not a file: move it away/,
    },
    {
        name: "a foreign file in the image's place",
        make: `mkdir -p ${drive}/k3s-data; echo photos >${drive}/k3s-data/k3s.ext4`,
        undo: `rm ${drive}/k3s-data/k3s.ext4`,
        says: /holds no ext4 that can be read.*move it away/,
    },
    {
        name: "an image of another Pi",
        make: `mkdir -p ${drive}/k3s-data; truncate -s 64M ${drive}/k3s-data/k3s.ext4; mkfs.ext4 -q ${drive}/k3s-data/k3s.ext4`,
        undo: `rm ${drive}/k3s-data/k3s.ext4`,
        says: /was not made from this card .* onExistingImage: adopt/,
    },
    {
        name: "shrinking an image that is not in use",
        make: `mkdir -p ${drive}/k3s-data; truncate -s 500M ${drive}/k3s-data/k3s.ext4; mkfs.ext4 -q ${drive}/k3s-data/k3s.ext4`,
        undo: `rm ${drive}/k3s-data/k3s.ext4`,
        command: `${apply} --existing=adopt`,
        says: /does not shrink to 300 MiB: ask for at least/,
    },
];

const onImage: readonly Refusal[] = [
    { name: "shrinking", command: size("200M"), says: /is 300 MiB already and does not shrink/ },
    {
        name: "another drive for a volume that exists",
        make: `${loop("ext4")} && mount -o loop /other.img /mnt/other`,
        undo: unloop,
        command: other,
        says: /is on \/mnt\/external .*: restore first, then apply/,
    },
    { name: "growing beyond the drive", command: size("900M"), says: /free some, or ask for less/ },
    {
        name: "our line removed from fstab",
        make: `cp -p /etc/fstab /root/fstab; sed -i '/k3s.ext4/d' /etc/fstab; ${unmounted}`,
        undo: "cp -p /root/fstab /etc/fstab; systemctl daemon-reload; systemctl start k3s",
        says: /may be the only good copy/,
    },
    {
        name: "restore to a card without room",
        make: "avail=$(df --output=avail -k / | tail -1); fallocate -l $((avail - 300000))K /filler",
        undo: "rm /filler",
        command: "restore",
        says: /the card has \d+ MiB free, and .* needs \d+ MiB there: free some, or .*onDestroy: keep/,
    },
    {
        name: "restore without the image mounted",
        make: unmounted,
        undo: "systemctl start k3s",
        command: "restore",
        says: /not mounted on \/var\/lib\/rancher: run apply first/,
    },
];

describe("pi-volume.sh refuses, and changes nothing", () => {
    const host = new Host("pv-refuse");
    const cases = new Cases();

    before(() => host.create());
    after(async () => {
        cases.print();
        await host.remove();
    });

    for (const refusal of onCard) {
        it(refusal.name, () => refuses(refusal));
    }

    it("not root", async () => {
        const { code, output } = await host.exec(
            `runuser -u nobody -- bash -s -- ${apply}`,
            script(),
        );
        assert.deepEqual([code, /only root .*sudo -n/.test(output)], [10, true], output);
    });

    for (const [at, refusal] of onImage.entries()) {
        it(`on the image: ${refusal.name}`, async () => {
            if (at === 0) {
                await pvMust(host, apply);
            }
            // The image is in use: only when nothing writes into it can its bytes be compared.
            await host.must("pkill -STOP -f 'bin/(k3s|containerd-shim)'; sync");
            try {
                await refuses(refusal);
            } finally {
                await host.exec("pkill -CONT -f 'bin/(k3s|containerd-shim)'");
            }
        });
    }

    it("the Pi that was refused all this moves after all, and back", async () => {
        await pvMust(host, apply);
        await reset(host);
    });

    async function refuses({ name, make, undo, command = apply, says }: Refusal): Promise<void> {
        await host.must(make ?? "true");
        try {
            const had = await digest(host);
            const result = await pv(host, command);
            assert.equal(result.code, 10, result.output);
            assert.match(result.output, says);
            assert.equal(await digest(host), had, "a refusal changed something");
            cases.add({
                name,
                told: told(result),
                after: "nothing changed",
                rerun: "-",
            });
        } finally {
            await host.must(undo ?? "true");
        }
    }
});
