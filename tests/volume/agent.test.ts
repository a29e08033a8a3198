import assert from "node:assert/strict";
import { Cases } from "./cases";
import { drive, Host } from "./host";
import { counter, pv, pvMust, status, told, wanted } from "./volume";

const apply = `apply ${wanted} --node=pi1`;
const adopt = `${apply} --existing=adopt`;
const hash = "/srv/cluster/pi1.node-password.k3s";
const password = "/etc/rancher/node/password";

describe("an agent whose card was reimaged", () => {
    const host = new Host("pv-agent", { role: "agent" });
    const cases = new Cases();
    let known = "";

    before(async () => {
        await host.create();
        await pvMust(host, apply);
        known = await host.must(`cat ${password}`);
    });
    after(async () => {
        cases.print();
        await host.remove();
    });

    async function reimage(): Promise<number> {
        const had = await counter(host);
        await host.powerOff();
        await host.flash();
        await host.powerOn();
        return had;
    }

    async function joins(had: number, output: string): Promise<void> {
        assert.equal(await host.must("systemctl is-active k3s-agent"), "active");
        assert.ok((await counter(host)) >= had);
        assert.equal(await host.must(`cat ${password}`), known);
        assert.equal(await host.must(`stat -c %a ${password}`), "600");
        assert.ok(!output.includes(known), "the password was printed");
        assert.equal((await status(host)).ok, true);
    }

    it("is rejected by its server, adopts its image, and joins with its old password", async () => {
        const had = await reimage();
        assert.equal(await host.must("systemctl is-active k3s-agent || true"), "activating");
        assert.notEqual(await host.must(`cat ${password}`), known);
        const refused = await pv(host, apply);
        assert.equal(refused.code, 10, refused.output);
        const output = await pvMust(host, adopt);
        assert.match(output, /^put this node's password back/m);
        await joins(had, output);
        cases.add({ name: "k3s had started", told: told(refused), after: "joined", rerun: "0" });
    });

    it("adopts before k3s starts for the first time, and joins", async () => {
        const had = await reimage();
        await host.must(
            `systemctl disable --now k3s-agent; rm -rf ${password} /var/lib/rancher; systemctl enable k3s-agent`,
        );
        const output = await pvMust(host, adopt);
        await joins(had, output);
        cases.add({ name: "k3s had not started", told: "done", after: "joined", rerun: "0" });
    });

    it("says how its server forgets the password when the image has no copy, and then joins", async () => {
        await host.must("rm -r /var/lib/rancher/.pi-volume");
        const had = await reimage();
        const failed = await pv(host, adopt);
        assert.equal(failed.code, 30, failed.output);
        assert.match(told(failed), /kubectl -n kube-system delete secret pi1\.node-password\.k3s/);
        await host.must(`rm ${hash}`);
        await pvMust(host, adopt);
        assert.ok((await counter(host)) >= had);
        known = await host.must(`cat ${password}`);
        assert.equal(await host.must("cat /var/lib/rancher/.pi-volume/node-password"), known);
        cases.add({ name: "no copy", told: told(failed), after: "activating", rerun: "0" });
    });

    it("ends within a limit when its server is off, and names the reason", async () => {
        await host.must("touch /srv/cluster/off; systemctl stop k3s-agent");
        const failed = await pv(host, apply);
        assert.equal(failed.code, 30, failed.output);
        assert.match(told(failed), /k3s-agent is not up after 20 s.*connection refused/);
        assert.equal(await host.must("systemctl is-active k3s-agent || true"), "activating");
        await host.must("rm /srv/cluster/off");
        await pvMust(host, apply);
        cases.add({ name: "server off", told: told(failed), after: "starting", rerun: "0" });
    });

    it("gives its image up when the drive is dead, and joins from the card", async () => {
        await host.powerOff();
        await host.powerOn(false);
        const refused = await pv(host, "abandon");
        assert.equal(refused.code, 10, refused.output);
        assert.match(told(refused), /gives up all that is in .*k3s\.ext4: an agent then joins/);
        const output = await pvMust(host, "abandon --confirmed");
        assert.match(output, /k3s begins anew on the card/);
        assert.equal(await host.must("systemctl is-active k3s-agent"), "active");
        const left = await host.must(
            "grep -c pi-volume /etc/fstab; ls -d /etc/systemd/system/*pi-volume* /etc/systemd/system/k3s*.d /etc/udev/rules.d/90-pi-volume.rules 2>/dev/null; lsattr -d /var/lib/rancher | cut -c5",
        );
        assert.equal(left, "0\n-");
        await host.powerOff();
        await host.powerOn(false);
        assert.equal(await host.must("systemctl is-active k3s-agent"), "active");
        cases.add({ name: "drive dead", told: told(refused), after: "on the card", rerun: "-" });
    });

    it("takes the image again when the drive comes back after all", async () => {
        await host.plug();
        const refused = await pv(host, apply);
        assert.equal(refused.code, 10, refused.output);
        await pvMust(host, adopt);
        assert.equal((await status(host)).drive, drive);
        await host.must("test -e /var/lib/rancher.before-adopt/k3s/server/db/state");
        const again = await pv(host, "abandon --confirmed");
        assert.equal(again.code, 10, again.output);
        assert.match(told(again), /is mounted and can be read: restore brings/);
        cases.add({ name: "drive back", told: told(refused), after: "adopted", rerun: "0" });
    });
});
