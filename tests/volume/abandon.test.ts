import assert from "node:assert/strict";
import { rarely, sampled } from "../kills/sample";
import { Cases } from "./cases";
import { drive, Host, until } from "./host";
import { counter, digest, killedAt, pv, pvMust, status, told, wanted } from "./volume";

const adopt = `apply ${wanted} --existing=adopt`;
const abandon = "abandon --confirmed";
const settings = "/etc/rancher/k3s/config.yaml.d/90-pi-volume.yaml";
const bare = "find /var/lib/rancher -mindepth 1 | head";

describe("a drive that is given up", () => {
    const host = new Host("pv-abandon");
    const cases = new Cases();

    before(() => host.create());
    after(async () => {
        cases.print();
        await host.remove();
    });

    async function refuses(name: string, command: string, says: RegExp): Promise<void> {
        // Nothing writes into the image, or its bytes could not be compared.
        await host.exec("pkill -STOP -f 'bin/(k3s server|containerd-shim)'; sync");
        const had = await digest(host);
        const result = await pv(host, command);
        const has = await digest(host);
        await host.exec("pkill -CONT -f 'bin/(k3s server|containerd-shim)'");
        assert.equal(result.code, 10, result.output);
        assert.match(told(result), says);
        assert.equal(has, had, "a refusal changed something");
        cases.add({ name, told: told(result), after: "nothing changed", rerun: "10" });
    }

    /** k3s runs on the card, and there is no sign of a volume any more. */
    async function onCard(): Promise<void> {
        await until("k3s to run", async () => {
            return (await host.exec("systemctl is-active k3s")).output === "active";
        });
        const left = await host.must(
            [
                "grep -c pi-volume /etc/fstab",
                `ls -d /etc/systemd/system/*pi-volume* /etc/systemd/system/k3s*.d /etc/udev/rules.d/90-* /var/lib/pi-volume/image ${settings} 2>/dev/null`,
                "findmnt -rno TARGET | grep -E '^/var/(lib/rancher|lib/kubelet|log/pods)$'",
                "lsattr -d /var/lib/rancher | cut -c5; echo 1 >/var/lib/rancher/probe; rm /var/lib/rancher/probe",
            ].join("; "),
        );
        assert.equal(left, "0\n-");
        const { mounted, problems, serviceState } = await status(host);
        assert.deepEqual(
            [mounted, serviceState, problems],
            ["none", "active", ["k3s's data is on the card"]],
        );
    }

    /** The drive comes back: the image is as it was, and what k3s began on the card is set aside. */
    async function comesBack(had: number): Promise<void> {
        await host.plug();
        const fresh = await counter(host);
        const refused = await pv(host, `apply ${wanted}`);
        assert.equal(refused.code, 10, refused.output);
        assert.match(told(refused), /may be the only good copy .*onExistingImage: adopt/);
        await pvMust(host, adopt);
        const has = await counter(host);
        assert.ok(has >= had, `the counter went back from ${had} to ${has}`);
        const aside = await host.must("cat /var/lib/rancher.before-adopt/k3s/server/db/state");
        assert.ok(Number(aside) >= fresh, `${aside} was set aside, and it was ${fresh}`);
        assert.equal((await status(host)).ok, true);
        await host.must("rm -r /var/lib/rancher.before-adopt");
    }

    it("a Pi that was never switched has nothing to give up", async () => {
        await refuses("never switched", abandon, /k3s's data is on the card: there is nothing/);
    });

    it("an image that is mounted and well is never given up", async () => {
        await pvMust(host, `apply ${wanted} --bind=kubelet,pod-logs --k3s-settings=fit`);
        await refuses("image is well", abandon, /is mounted and can be read: restore brings/);
    });

    it("the drive is dead at a boot: with the word for it k3s begins anew on the card", async () => {
        const had = await counter(host);
        await host.powerOff();
        await host.powerOn(false);
        await refuses(
            "drive dead, not confirmed",
            "abandon",
            /gives up all that is in .*k3s\.ext4: an agent .*; a server begins with an empty cluster, unless you restore a backup of it .* add --confirmed/,
        );
        assert.equal(await host.must(bare), "");
        const result = await pv(host, abandon);
        assert.equal(result.code, 0, result.output);
        assert.match(result.output, /k3s begins anew on the card.*apply --existing=adopt uses it/);
        await onCard();
        await refuses("given up already", abandon, /there is nothing to give up/);
        await host.powerOff();
        await host.powerOn(false);
        await onCard();
        await comesBack(had);
        cases.add({ name: "drive dead", told: told(result), after: "card", rerun: "adopt: 0" });
    });

    rarely("the drive dies while k3s runs: the same", async () => {
        const had = await counter(host);
        await host.must(`umount -l ${drive}`);
        assert.equal((await status(host)).mounted, "dead");
        const result = await pv(host, abandon);
        assert.equal(result.code, 0, result.output);
        await onCard();
        await comesBack(had);
        cases.add({ name: "drive pulled", told: told(result), after: "card", rerun: "adopt: 0" });
    });

    it("another disk over the image is nothing to give up", async () => {
        // k3s would begin with an empty folder there.
        await host.must("systemctl stop k3s; mount -t tmpfs nas:/all /var/lib/rancher");
        await refuses("mounted over it", abandon, /nas:\/all is mounted on .*: unmount it/);
        await host.must("umount /var/lib/rancher; systemctl start k3s");
    });

    it("somebody has a file open below it: named, and k3s is as it was", async () => {
        await host.must(
            `umount -l ${drive}; systemd-run --unit=reader --working-directory=/var/lib/rancher/k3s sleep 1000; sleep 0.3`,
        );
        const result = await pv(host, abandon);
        assert.equal(result.code, 30, result.output);
        assert.match(told(result), /sleep \(process \d+\) has a file below .* open: end it/);
        await host.must("systemctl stop reader");
        await pvMust(host, abandon);
        await onCard();
        await comesBack(0);
        cases.add({ name: "file held open", told: told(result), after: "as it was", rerun: "0" });
    });

    const points = [
        ...["after stop_k3s", "after unmount_bound", "after remove_drop_ins"],
        ...["after write_settings", "before uncommit", "after uncommit"],
        ...["before remove_fsck_unit", "after remove_fsck_unit", "after start_k3s"],
    ];
    for (const point of sampled("giving up a drive", points, ["after uncommit"])) {
        it(`killed ${point}: nothing starts on half of it, and the rerun ends it`, async () => {
            await pvMust(host, `apply ${wanted} --bind=kubelet`);
            const had = await counter(host);
            await host.must(`umount -l ${drive}`);
            const first = await pv(host, abandon, killedAt(point));
            assert.match(first.output, /the run was ended by/, "the kill point was never reached");
            const gone = points.indexOf(point) >= points.indexOf("after uncommit");
            assert.equal(first.code, gone ? 20 : 30, first.output);
            if (gone) {
                await until("k3s to run", async () => {
                    return (await host.exec("systemctl is-active k3s")).output === "active";
                });
            } else if (point !== "after stop_k3s" && point !== "after unmount_bound") {
                assert.equal(await host.must(bare), "");
            }
            const rerun = await pv(host, abandon);
            // Nothing was left to do but to start k3s.
            const ended = points.indexOf(point) >= points.indexOf("after remove_fsck_unit");
            assert.equal(rerun.code, ended ? 10 : 0, rerun.output);
            await onCard();
            await comesBack(had);
            const after = gone ? "k3s active on the card" : "k3s down, card empty";
            cases.add({
                name: `killed ${point}`,
                told: told(first),
                after,
                rerun: String(rerun.code),
            });
        });
    }
});
