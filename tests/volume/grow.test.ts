import assert from "node:assert/strict";
import { sampled } from "../kills/sample";
import { Cases } from "./cases";
import { drive, Host } from "./host";
import { counter, k3sBack, killedAt, pv, pvMust, script, status, told, wanted } from "./volume";

const to = (mib: number) => `apply --drive=${drive} --size=${mib}M`;

describe("pi-volume.sh grows the image", () => {
    const host = new Host("pv-grow");
    const cases = new Cases();

    before(async () => {
        await host.create();
        await pvMust(host, `apply ${wanted}`);
    });
    after(async () => {
        cases.print();
        await host.remove();
    });

    async function isNow(mib: number): Promise<void> {
        const { image, problems } = await status(host);
        assert.deepEqual(
            [image.bytes, image.heldPercent],
            [mib * 1024 * 1024, 100],
            String(problems),
        );
        const blocks = await host.must("stat -f -c '%b %S' /var/lib/rancher");
        const [count = 0, size = 0] = blocks.split(" ").map(Number);
        assert.ok(count * size > mib * 1024 * 1024 * 0.9, `${blocks} of ${mib} MiB`);
    }

    it("while k3s runs, where the kernel can (without CAP_SYS_RESOURCE it cannot; the VM suite's can)", async () => {
        const pid = await host.must("systemctl show -p MainPID --value k3s");
        const output = await pvMust(host, to(340));
        const can = await host.exec("grep CapBnd /proc/1/status");
        const online = (BigInt(`0x${can.output.split("\t")[1]}`) >> 24n) & 1n;
        assert.match(output, online ? /grew to 340 MiB while k3s ran/ : /with k3s stopped/);
        const same = (await host.must("systemctl show -p MainPID --value k3s")) === pid;
        assert.equal(same, online === 1n);
        await isNow(340);
        const told = output.split("\n")[0] ?? "";
        cases.add({ name: "by 40 MiB", told, after: "k3s active", rerun: "0" });
    });

    it("with k3s stopped for it, where the kernel refuses", async () => {
        const had = await counter(host);
        // As in a container without CAP_SYS_RESOURCE: "Operation not permitted" on a mounted file system.
        const refusing = `#!/bin/sh\ncase $1 in /dev/loop*) exit 1 ;; esac\nexec /usr/sbin/resize2fs.real "$@"\n`;
        await host.must(
            `mv /usr/sbin/resize2fs /usr/sbin/resize2fs.real; printf '%s' '${refusing}' >/usr/sbin/resize2fs; chmod +x /usr/sbin/resize2fs`,
        );
        const { code, output } = await pv(host, to(380));
        await host.must("mv /usr/sbin/resize2fs.real /usr/sbin/resize2fs");
        assert.equal(code, 0, output);
        assert.match(output, /grew to 380 MiB with k3s stopped/);
        const seen = await k3sBack(host);
        assert.ok(seen.counter >= had);
        await isNow(380);
        cases.add({
            name: "EPERM online",
            told: "grew with k3s stopped",
            after: "k3s active",
            rerun: "0",
        });
    });

    const points = ["after reserve 400", "before grow 410", "after grow 420"];
    // A Pi that loses its power after `reserve` is the next test.
    for (const each of sampled("growing", points, ["after grow 420"])) {
        const [when = "", step = "", size = ""] = each.split(" ");
        const point = `${when} ${step}`;
        it(`killed ${point}: k3s runs on, and the rerun grows`, async () => {
            const first = await pv(host, to(Number(size)), killedAt(point));
            assert.equal(first.code, 30, first.output);
            await k3sBack(host);
            await pvMust(host, to(Number(size)));
            await isNow(Number(size));
            cases.add({
                name: `killed ${point}`,
                told: told(first),
                after: "k3s active",
                rerun: "0",
            });
        });
    }

    it("a Pi that was off between the blocks and the file system", async () => {
        await pv(host, to(440), killedAt("after reserve"));
        await host.cut();
        await host.powerOn();
        await k3sBack(host);
        await pvMust(host, to(440));
        await isNow(440);
        cases.add({ name: "cut after fallocate", told: "-", after: "k3s active", rerun: "0" });
    });

    it("shrinking is refused and says from which size on it goes", async () => {
        const refused = await pv(host, to(400));
        assert.equal(refused.code, 10);
        assert.match(told(refused), /is 440 MiB already and does not shrink to 400 MiB/);
        await isNow(440);
        cases.add({ name: "shrink", told: told(refused), after: "nothing changed", rerun: "10" });
    });

    it("a drive whose blocks run out half-way: the image stays as it was", async () => {
        await host.must(
            `fallocate -l $(($(df --output=avail -B1 ${drive} | tail -n 1) - 10000000)) ${drive}/filler`,
        );
        const result = await pv(host, to(460));
        assert.equal(result.code, 10, result.output);
        const failing = script().replace(
            'fallocate --keep-size --length "$SIZE" "$file" 2>/dev/null',
            '{ fallocate --keep-size --length $((SIZE - 5000000)) "$file"; false; }',
        );
        await host.must(`rm ${drive}/filler`);
        const late = await pv(host, to(460), failing);
        assert.equal(late.code, 30, late.output);
        assert.match(told(late), /no room to grow .*; it stays 440 MiB/);
        await k3sBack(host);
        await isNow(440);
        cases.add({
            name: "no room to grow",
            told: told(late),
            after: "k3s active, 440 MiB",
            rerun: "0",
        });
    });
});
