import assert from "node:assert/strict";
import { rarely } from "../kills/sample";
import { Cases } from "./cases";
import { drive, Host, until } from "./host";
import { counter, k3sBack, look, pv, pvMust, status, told, wanted } from "./volume";

const image = `${drive}/k3s-data/k3s.ext4`;
const bare = "find /var/lib/rancher -mindepth 1 | head";

describe("a boot with a drive that is not as it should be", () => {
    const host = new Host("pv-boot");
    const cases = new Cases();
    let had = 0;

    before(async () => {
        await host.create();
        await pvMust(host, `apply ${wanted}`);
    });
    after(async () => {
        cases.print();
        await host.remove();
    });

    /** k3s stays down, and the card's folder stays empty, whoever tries. */
    async function staysDown(): Promise<void> {
        await host.exec("systemctl start k3s; sleep 1");
        const { k3s, fresh } = await look(host);
        assert.deepEqual([k3s, fresh], ["inactive", 1]);
        assert.equal(await host.must(bare), "");
        assert.notEqual((await host.exec("mkdir /var/lib/rancher/k3s")).code, 0, "not sealed");
    }

    async function offline(): Promise<void> {
        had = await counter(host);
        await host.powerOff();
    }

    async function back(name: string, said: string, rerun = "0", down = true): Promise<void> {
        const seen = await k3sBack(host);
        assert.equal(seen.truth, "image");
        assert.ok(seen.counter >= had, `the counter went back from ${had} to ${seen.counter}`);
        cases.add({ name, told: said, after: down ? "k3s down, card empty" : "k3s active", rerun });
    }

    it("drive missing: nothing on the card; after the plug, `systemctl start k3s` is enough", async () => {
        await offline();
        await host.powerOn(false);
        await staysDown();
        const refused = await pv(host, `apply ${wanted}`);
        assert.equal(refused.code, 10, refused.output);
        assert.match(told(refused), /nothing is mounted on .*: plug the drive in/);
        await staysDown();
        await host.plug();
        await host.must("systemctl start k3s");
        await back("drive missing", told(refused), "systemctl start k3s");
    });

    it("drive missing, and its mount point a plain folder with an image in it", async () => {
        await offline();
        await host.powerOn(false);
        await host.must(
            `mkdir -p ${drive}/k3s-data; truncate -s 100M ${image}; mkfs.ext4 -q ${image}`,
        );
        await staysDown();
        const refused = await pv(host, `apply ${wanted}`);
        assert.equal(refused.code, 10, refused.output);
        await host.must(`rm -r ${drive}/k3s-data`);
        await host.plug();
        await host.must("systemctl start k3s");
        await back("plain folder in the drive's place", told(refused), "systemctl start k3s");
    });

    /** Breaks the image while the Pi is off, and puts the whole one back later. */
    async function broken(how: string, says: RegExp): Promise<string> {
        await offline();
        const file = `${host.drive}/k3s-data/k3s.ext4`;
        await host.outside(
            `cp --sparse=always ${file} ${host.drive}/../kept && ${how.replaceAll("IMAGE", file)}`,
        );
        try {
            await host.powerOn();
            await staysDown();
            const digest = `cat ${image} 2>/dev/null | sha256sum`;
            const before = await host.must(digest);
            const result = await pv(host, `apply ${wanted}`);
            assert.ok(result.code === 10 || result.code === 30, result.output);
            assert.match(result.output, says);
            // e2fsck marks an image that it could not repair; a refusal touches nothing.
            if (result.code === 10) {
                assert.equal(await host.must(digest), before, "the image was written to");
            }
            await staysDown();
            return told(result);
        } finally {
            // Nothing has it open: it was never mounted.
            await host.outside(`cp --sparse=always ${host.drive}/../kept ${file}`);
            await host.must("systemctl start k3s");
        }
    }

    async function breaks(name: string, how: string, says: RegExp): Promise<void> {
        await back(name, await broken(how, says));
    }

    rarely("header destroyed: nothing is formatted", async () => {
        await breaks(
            "header destroyed",
            "dd if=/dev/zero of=IMAGE bs=1M count=1 conv=notrunc status=none",
            /holds no ext4 that can be read.*e2fsck -b 32768 on a copy/,
        );
    });

    it("image deleted: none is made in its place", async () => {
        await breaks("image deleted", "rm IMAGE", /is gone.*look for it/);
    });

    it("damage that e2fsck does not repair unasked", async () => {
        await breaks("root inode cleared", "debugfs -w -R 'clri <2>' IMAGE", /e2fsck -f/);
    });

    rarely("image cut short", async () => {
        await breaks(
            "image cut short",
            "truncate -s 100M IMAGE",
            /cut short, to 100 MiB of 300 MiB/,
        );
    });

    it("the check before the mount ends, also where e2fsck does not", async () => {
        assert.equal(await host.must("systemctl show -P TimeoutStartUSec pi-volume-fsck"), "30min");
    });

    it("another Pi's image", async () => {
        await breaks(
            "another Pi's image",
            "rm IMAGE && truncate -s 300M IMAGE && mkfs.ext4 -q IMAGE",
            /another image than this Pi's .*plug the right drive in/,
        );
    });

    it("an error flag is repaired at boot", async () => {
        await offline();
        const file = `${host.drive}/k3s-data/k3s.ext4`;
        await host.outside(`debugfs -w -R 'ssv state 2' ${file}`);
        await host.powerOn();
        await back("error flag set", "-", "not needed", false);
        assert.match(await host.must(`dumpe2fs -h ${image} 2>/dev/null | grep state`), /clean/);
    });

    it("a cut of all processes, at once", async () => {
        had = await counter(host);
        await host.cut();
        await host.powerOn();
        await back("host killed", "-", "not needed", false);
    });

    it("the mount taken away by hand stops k3s; apply brings all back", async () => {
        had = await counter(host);
        await host.must("umount -l /var/lib/rancher");
        await until("k3s to stop", async () => (await look(host)).k3s !== "active");
        assert.equal(await host.must(bare), "");
        const { problems } = await status(host);
        assert.match(problems.join(), /the image is not mounted/);
        await pvMust(host, `apply ${wanted}`);
        await back("umount -l by hand", problems[0] ?? "");
    });

    it("each guard that is gone is a problem by name, and apply writes it again", async () => {
        const guards: readonly [string, RegExp][] = [
            ["rm /etc/systemd/system/k3s.service.d/10-pi-volume.conf", /drop-in:k3s$/m],
            ["rm -r /etc/systemd/system/k3s-agent.service.d", /drop-in:k3s-agent$/m],
            ["echo '[Unit]' >/etc/systemd/system/pi-volume-fsck.service", /changed: fsck-unit$/m],
            ["sed -i s/,X-fstrim.notrim// /etc/fstab", /changed: fstab$/m],
        ];
        await host.must(guards.map(([breaking]) => breaking).join("; "));
        const { problems, ok } = await status(host);
        assert.equal(ok, false);
        for (const [, says] of guards) {
            assert.match(problems.join("\n"), says);
        }
        await pvMust(host, `apply ${wanted}`);
        assert.equal((await status(host)).ok, true);
        cases.add({ name: "guards", told: problems[0] ?? "", after: "k3s active", rerun: "0" });
    });

    for (const [name, text] of [
        [
            "CRLF, comments and no final newline",
            "printf '# a\\r\\n#UUID=2 /var/lib/rancher ext4\\r\\nUUID=1\\t/other  ext4 nofail 0 2\\r\\n\\n#end' >/etc/fstab",
        ],
        ["empty", ": >/etc/fstab"],
    ] as const) {
        it(`fstab with ${name}: other lines stay, ours comes and goes`, async () => {
            await pvMust(host, "restore");
            await host.must(text);
            const before = await host.must("sed 's/$/|/' /etc/fstab");
            await pvMust(host, `apply ${wanted}`);
            await pvMust(host, `apply ${wanted}`);
            const lines = (await host.must("sed 's/$/|/' /etc/fstab")).split("\n");
            assert.equal(lines.filter((line) => line.includes("# pi-volume")).length, 1);
            assert.deepEqual(lines.slice(0, -1).join("\n"), before);
            await pvMust(host, "restore");
            assert.equal(await host.must("sed 's/$/|/' /etc/fstab"), before);
        });
    }
});
