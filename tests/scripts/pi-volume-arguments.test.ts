import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { piVolumeScript } from "../../components/pi-volume-script";

const drive = "/mnt/external";

/** Runs it on this machine, with a verb that changes nothing should it not be refused. */
function run(args: readonly string[], script = piVolumeScript()) {
    const { status, stdout, stderr } = spawnSync("bash", ["-s", "--", ...args], {
        input: script,
        encoding: "utf8",
    });
    return { code: status, output: stdout + stderr };
}

describe("pi-volume.sh refuses arguments", () => {
    const whole = /is not a whole number of M or G, such as 20G/;
    const mount = /is not a mount point such as/;
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
        [[], /no verb is not one of apply/],
        [["format"], /format is not one of/],
        [["plan", `--drive=${drive}`, "--size=300M", "--force"], /--force is not known/],
        [["plan", `--drive=${drive}`], /needs --size/],
        [["plan", `--drive=${drive}`, "--size=10M"], /at least 64M/],
        ...["20", "0G", "1T", "20 G", "-5G", "1.5G", "$(reboot)"].map(
            (size) => [["plan", `--drive=${drive}`, `--size=${size}`], whole] as const,
        ),
        ...["mnt", "/mnt/a,b", "/mnt/../etc", "/mnt/external/", "", "/mnt/$(id)", "/mnt/a "].map(
            (path) => [["plan", `--drive=${path}`, "--size=300M"], mount] as const,
        ),
    ];
    for (const [args, says] of cases) {
        it(args.join(" ") || "without a verb", () => {
            const { code, output } = run(args);
            assert.match(output, says);
            assert.equal(code, 10, output);
        });
    }
});

describe("pi-volume.sh judges the drive's file system", () => {
    const others = ["ext2", "ext3", "exfat", "fuseblk", "ntfs3"];
    const verdicts: readonly { types: string[]; gib: number; reserve: string; says?: RegExp }[] = [
        { types: ["ext4", "xfs", "btrfs"], gib: 20, reserve: "fallocate" },
        { types: ["vfat"], gib: 3, reserve: "zeros" },
        { types: ["vfat"], gib: 3, reserve: "fallocate", says: /--reserve=zeros/ },
        { types: ["vfat"], gib: 4, reserve: "zeros", says: /no file of 4 GiB or more/ },
        { types: others, gib: 20, reserve: "zeros" },
        {
            types: others,
            ...{ gib: 20, reserve: "fallocate" },
            says: /cannot reserve blocks.*format the drive as ext4/,
        },
        {
            types: ["nfs", "nfs4", "cifs", "tmpfs", "overlay", ""],
            ...{ gib: 20, reserve: "zeros" },
            says: /format the drive as ext4/,
        },
    ];
    const each = verdicts.flatMap(({ types, ...rest }) => types.map((type) => ({ type, ...rest })));
    for (const { type, gib, reserve, says } of each) {
        it(`${type || "none"}, ${gib} GiB, ${reserve}: ${says ? "refused" : "taken"}`, () => {
            const call = `constants; against_filesystem "${type}" $((${gib} * 1024 * MIB)) ${reserve}`;
            const alone = piVolumeScript().replace(/^main "\$@" <\/dev\/null$/m, call);
            assert.notEqual(alone, piVolumeScript());
            const { output } = run([], alone);
            if (says) {
                assert.match(output, says);
            } else {
                assert.equal(output, "");
            }
        });
    }
});
