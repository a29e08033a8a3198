// What moving k3s's data costs by the seed's recipe (dd, mkfs, mv) and by pi-volume.sh: the same Debian host with a stand-in for
// k3s, the same data, one after the other. Run it as `npm run -s bench:volume`, as root; it takes seven minutes and
// needs 35 GB of room; a word, such as `-- small`, picks the cases that have it in their name.

import { readFileSync } from "node:fs";
import Table from "cli-table3";
import { piVolumeScript } from "../components/pi-volume-script";
import { assertPreconditions } from "../lab/preconditions";
import { drive, Host } from "../tests/volume/host";

interface Case {
    readonly name: string;
    readonly rounds: number;
    readonly imageMiB: number;
    readonly card: string;
    readonly driveSize: string;
    /** Count and KiB of each kind of file. */
    readonly files: readonly (readonly [number, number])[];
}

/** Seconds, and MB that reached the drive. */
interface Cost {
    readonly image: number;
    /** What moving adds to a restart of k3s: from the end of its stop to the beginning of its start. */
    readonly window: number;
    /** From the stop of k3s to its start. */
    readonly downtime: number;
    /** What k3s itself needs to stop, with its pods, and to start: the data makes no difference to it. */
    readonly k3s: number;
    /** All of it, without waiting for k3s's health, which the recipe leaves to its reader. */
    readonly total: number;
    readonly written: number;
}

const some = { imageMiB: 4096, card: "6G", driveSize: "6G", rounds: 3 };
const cases: readonly Case[] = [
    {
        ...some,
        name: "4 GiB, 1 GB of data",
        files: [
            [12_000, 12],
            [9, 100_000],
        ],
    },
    { ...some, name: "many small files", files: [[60_000, 4]] },
    {
        ...{ name: "the seed's 20 GB, 6 GB of data", rounds: 1, imageMiB: 20_000 },
        ...{
            card: "10G",
            driveSize: "23G",
            files: [
                [30_000, 12],
                [56, 100_000],
            ],
        },
    },
];
const data = "/var/lib/rancher/k3s/data";
const image = `${drive}/k3s-data/k3s.ext4`;

/** Line by line as the blog post has it, with a clock and a sync where the reader would believe it done. */
const seed = (mib: number) => `
set -eu
clock() { eval "$1=$EPOCHREALTIME"; }
mkdir -p ${drive}/k3s-data ${drive}/temp_mount
cd ${drive}/k3s-data
clock a
dd if=/dev/zero of=k3s.ext4 count=$((${mib} * 2048)) status=none
mkfs -t ext4 -q k3s.ext4 -F
sync -f k3s.ext4
clock b
systemctl stop k3s
clock c
mount -o rw k3s.ext4 ${drive}/temp_mount
mv /var/lib/rancher/k3s ${drive}/temp_mount
umount ${drive}/temp_mount
sync -f ${drive}
echo "${image} /var/lib/rancher ext4 defaults 0 2" >>/etc/fstab
mount /var/lib/rancher
clock d
systemctl restart k3s
clock e
awk -v a=$a -v b=$b -v c=$c -v d=$d -v e=$e 'BEGIN { print "image=" b - a; print "window=" d - c; print "downtime=" e - b; print "k3s=" c - b + e - d; print "total=" e - a }'
`;

const seedBack = `
systemctl stop k3s; pkill -KILL -f 'bin/containerd-shi[m]'; sleep 0.5
umount /run/k3s/containerd/pod/rootfs; findmnt -rno TARGET | grep ^/var/lib/kubelet/pods/ | xargs -r umount; mkdir -p /run/back
umount /var/lib/rancher && mount -o loop ${image} /run/back && rsync -aHAXS /run/back/k3s /var/lib/rancher/ && umount /run/back
sed -i '/k3s.ext4/d' /etc/fstab; systemctl daemon-reload; rm -r ${drive}/k3s-data; systemctl start k3s
`;

async function measured(host: Host, work: () => Promise<string>): Promise<Cost> {
    await host.outside("sync; echo 3 >/proc/sys/vm/drop_caches");
    const before = await written(host);
    const output = await work();
    await host.outside("sync");
    const figure = (name: string) => {
        const found = [...output.matchAll(new RegExp(`^${name}=([\\d.]+)$`, "gm"))].at(-1);
        if (!found) {
            throw new Error(`There is no ${name}= in what was printed:\n${output}`);
        }
        return Number(found[1]);
    };
    return {
        image: figure("image"),
        window: figure("window"),
        downtime: figure("downtime"),
        k3s: figure("k3s"),
        total: figure("total"),
        written: (await written(host)) - before,
    };
}

/** MB that the drive's block device has taken so far. */
async function written(host: Host): Promise<number> {
    const device = await host.outside(`findmnt -rno SOURCE --mountpoint ${host.drive}`);
    const stat = readFileSync(`/sys/block/${device.replace("/dev/", "")}/stat`, "utf8");
    return (Number(stat.trim().split(/\s+/)[6]) * 512) / 1e6;
}

async function bySeed(host: Host, mib: number): Promise<Cost> {
    const cost = await measured(host, () => host.must(seed(mib)));
    await host.must(seedBack);
    return cost;
}

async function byUs(host: Host, mib: number): Promise<Cost> {
    const flags = `--drive=${drive} --size=${mib}M`;
    const script = piVolumeScript();
    const cost = await measured(host, async () => {
        const begun = performance.now();
        const { code, output } = await host.exec(
            `bash -s -- apply ${flags} --until=switched`,
            script,
        );
        const seconds = (performance.now() - begun) / 1000;
        if (code !== 0) {
            throw new Error(`apply ended with ${code}:\n${output}`);
        }
        const took = (step: string) =>
            Number(new RegExp(`^${step} \\(?([\\d.]+) s\\)?$`, "m").exec(output)?.[1]);
        const k3s = took("k3s stopped") + took("k3s started");
        const downtime = took("k3s was down for");
        const figures = {
            image: took("made the image's file system"),
            window: downtime - k3s,
            downtime,
            k3s,
            total: seconds - took("k3s settled"),
        };
        return Object.entries(figures)
            .map(([name, value]) => `${name}=${value.toFixed(2)}`)
            .join("\n");
    });
    const back = await host.exec("bash -s -- restore", script);
    if (back.code !== 0) {
        throw new Error(`restore ended with ${back.code}:\n${back.output}`);
    }
    await host.must(`rm -r ${drive}/k3s-data /var/lib/pi-volume`);
    return cost;
}

async function run({ name, rounds, imageMiB, card, driveSize, files }: Case): Promise<void> {
    const host = new Host("bench");
    try {
        await host.create(driveSize, card);
        for (const [kind, [count, kib]] of files.entries()) {
            await host.must(
                `mkdir -p ${data}/${kind} && cd ${data}/${kind} && head -c $((${count} * ${kib} * 1024)) /dev/urandom | split -a 6 -b ${kib}K -`,
            );
        }
        const costs: { seed: Cost; ours: Cost }[] = [];
        for (let round = 0; round < rounds; round++) {
            costs.push({ seed: await bySeed(host, imageMiB), ours: await byUs(host, imageMiB) });
        }
        print(name, costs);
    } finally {
        await host.remove();
    }
}

function print(name: string, costs: readonly { seed: Cost; ours: Cost }[]): void {
    const middle = (values: number[]) =>
        values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
    const row = (title: string, key: keyof Cost, unit: string) => {
        const seed = middle(costs.map((cost) => cost.seed[key]));
        const ours = middle(costs.map((cost) => cost.ours[key]));
        const digits = key === "written" ? 0 : 2;
        return [
            title,
            `${seed.toFixed(digits)} ${unit}`,
            `${ours.toFixed(digits)} ${unit}`,
            (seed / ours).toFixed(1),
        ];
    };
    const table = new Table({
        head: [name, "seed", "pi-volume.sh", "ratio"],
        style: { head: [], border: [] },
    });
    table.push(
        row("image and file system", "image", "s"),
        row("copy window", "window", "s"),
        row("total downtime", "downtime", "s"),
        row("of it: k3s's own stop and start", "k3s", "s"),
        row("all, to the start of k3s", "total", "s"),
        row("written to the drive", "written", "MB"),
    );
    console.log(table.toString());
}

async function main(): Promise<void> {
    assertPreconditions();
    for (const each of cases.filter(({ name }) => name.includes(process.argv[2] ?? ""))) {
        await run(each);
    }
}

void main();
