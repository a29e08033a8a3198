import assert from "node:assert/strict";
import { sampled } from "../kills/sample";
import { Cases } from "./cases";
import { drive, Host } from "./host";
import { counter, k3sBack, killedAt, pv, pvMust, status, told, wanted } from "./volume";

describe("a reimaged Pi", () => {
    const host = new Host("pv-reimage");
    const cases = new Cases();

    before(() => host.create());
    after(async () => {
        cases.print();
        await host.remove();
    });

    it("is refused, byte for byte; adopting brings the old data back, and keeps the new card's", async () => {
        await pvMust(host, `apply ${wanted}`);
        const had = await counter(host);
        await host.powerOff();
        await host.flash();
        const file = `${host.drive}/k3s-data/k3s.ext4`;
        const bytes = await host.outside(
            `sha256sum ${file}; find ${host.drive} -printf '%p %s %b %T@\\n'`,
        );
        await host.powerOn();
        const refused = await pv(host, `apply ${wanted}`);
        assert.equal(refused.code, 10, refused.output);
        assert.match(told(refused), /may be the only good copy.*onExistingImage: adopt/);
        assert.match((await pv(host, `plan ${wanted}`)).output, /apply would refuse: .*adopt/);
        assert.equal(
            await host.outside(`sha256sum ${file}; find ${host.drive} -printf '%p %s %b %T@\\n'`),
            bytes,
        );
        const fresh = await k3sBack(host);
        assert.equal(fresh.truth, "card");
        await pvMust(host, `apply ${wanted} --existing=adopt`);
        const seen = await k3sBack(host);
        assert.equal(seen.truth, "image");
        assert.ok(seen.counter >= had, `${seen.counter} after ${had}`);
        assert.match(await host.must("ls /var/lib/rancher.before-adopt/k3s/server/db"), /state/);
        assert.equal((await status(host)).ok, true);
        await pvMust(host, `apply ${wanted}`);
        cases.add({
            name: "reimaged",
            told: told(refused),
            after: "k3s on the card",
            rerun: "adopt: 0",
        });
    });

    it("grows what it adopted, and a Pi that adopted restores", async () => {
        await pvMust(host, `apply --drive=${drive} --size=340M`);
        assert.equal((await status(host)).image.bytes, 340 * 1024 * 1024);
        await pvMust(host, "restore");
        const seen = await k3sBack(host);
        assert.equal(seen.truth, "card");
        await pvMust(host, `apply --drive=${drive} --size=340M`);
    });

    it("restores before an adoption came to its end: what the new card had is set aside first", async () => {
        const had = await counter(host);
        await host.powerOff();
        await host.flash();
        await host.powerOn();
        const command = `apply --drive=${drive} --size=340M`;
        await k3sBack(host);
        await host.must(
            "mkdir -p /var/lib/rancher/k3s/storage/pvc-1; echo mine >/var/lib/rancher/k3s/storage/pvc-1/mine",
        );
        await pvMust(host, `${command} --existing=adopt --until=switched`);
        // It is set aside once, also where the restore is cut and comes again.
        const cut = await pv(host, "restore", killedAt("after copy_hot"));
        assert.equal(cut.code, 30, cut.output);
        await k3sBack(host);
        await pvMust(host, "restore");
        const seen = await k3sBack(host);
        assert.ok(seen.truth === "card" && seen.counter >= had);
        const aside = "/var/lib/rancher.before-adopt";
        assert.equal(
            await host.must(`cat ${aside}/k3s/storage/pvc-1/mine; ls ${aside}`),
            "mine\nk3s",
        );
        await pvMust(host, command);
        cases.add({ name: "restored half-way", told: "done", after: "on the card", rerun: "0" });
    });

    const points = ["after stop_k3s", "after commit", "after start_k3s", "before empty_card"];
    for (const point of sampled("adopting", points, ["after commit"])) {
        it(`adopting, killed ${point}: never the new card's data in the image's place`, async () => {
            const had = await counter(host);
            await host.powerOff();
            await host.flash();
            await host.powerOn();
            const command = `apply --drive=${drive} --size=340M --existing=adopt`;
            const first = await pv(host, command, killedAt(point));
            assert.ok(first.code === 20 || first.code === 30, first.output);
            await k3sBack(host);
            await pvMust(host, command);
            const seen = await k3sBack(host);
            assert.ok(seen.counter >= had, `${seen.counter} after ${had}`);
            cases.add({
                name: `adopt killed ${point}`,
                told: told(first),
                after: "k3s active",
                rerun: "0",
            });
        });
    }

    it("without k3s yet: adopts, and k3s starts on the image when it is installed", async () => {
        const had = await counter(host);
        await host.powerOff();
        await host.flash();
        await host.powerOn();
        await host.must(
            "systemctl stop k3s; pkill -KILL -f bin/containerd-shi[m]; sleep 0.2; umount /run/k3s/containerd/pod/rootfs; mv /etc/systemd/system/k3s.service /root; rm -r /var/lib/rancher; systemctl daemon-reload",
        );
        const output = await pvMust(host, `apply --drive=${drive} --size=340M --existing=adopt`);
        assert.match(output, /k3s is not installed yet/);
        await host.must(
            "mv /root/k3s.service /etc/systemd/system/; systemctl daemon-reload; systemctl start k3s",
        );
        const seen = await k3sBack(host);
        assert.ok(seen.truth === "image" && seen.counter >= had);
        cases.add({
            name: "no k3s yet",
            told: "k3s is not installed yet",
            after: "mounted",
            rerun: "0",
        });
    });

    it("k3s-agent in k3s's place", async () => {
        await pvMust(host, "restore");
        await host.must(
            "systemctl stop k3s; cd /etc/systemd/system; sed s/server/agent/ k3s.service >k3s-agent.service; rm k3s.service; systemctl daemon-reload; systemctl start k3s-agent",
        );
        const { code, output } = await pv(host, `apply --drive=${drive} --size=340M`);
        assert.equal(code, 0, output);
        const { service, serviceState, ok } = await status(host);
        assert.deepEqual([service, serviceState, ok], ["k3s-agent", "active", true]);
        cases.add({ name: "k3s-agent", told: "done", after: "active on the image", rerun: "0" });
    });
});
