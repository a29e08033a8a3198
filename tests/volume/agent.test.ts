import assert from "node:assert/strict";
import { Cases } from "./cases";
import { drive, Host } from "./host";
import { rarely, sampled } from "../kills/sample";
import { counter, killedAt, pv, pvMust, status, told, wanted } from "./volume";

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

    rarely("adopts before k3s starts for the first time, and joins", async () => {
        const had = await reimage();
        await host.must(
            `systemctl disable --now k3s-agent; rm -rf ${password} /var/lib/rancher; systemctl enable k3s-agent`,
        );
        const output = await pvMust(host, adopt);
        await joins(had, output);
        cases.add({ name: "k3s had not started", told: "done", after: "joined", rerun: "0" });
    });

    it("adopts before k3s is installed, and joins when it is", async () => {
        const had = await reimage();
        await host.must(
            `systemctl disable --now k3s-agent; mv /etc/systemd/system/k3s-agent.service /root; rm -rf ${password} /var/lib/rancher; systemctl daemon-reload`,
        );
        const output = await pvMust(host, adopt);
        assert.match(output, /k3s is not installed yet/);
        await host.must(
            "mv /root/k3s-agent.service /etc/systemd/system; systemctl daemon-reload; timeout 20 systemctl enable --now k3s-agent",
        );
        await joins(had, output);
        await pvMust(host, apply);
        cases.add({ name: "k3s not installed", told: "done", after: "joined", rerun: "0" });
    });

    for (const point of sampled(
        "adopting an agent's image",
        ["before commit", "after commit", "before put_password_back", "after put_password_back"],
        ["after commit"],
    )) {
        it(`killed ${point}: the rerun puts the password back, and it joins`, async () => {
            const had = await reimage();
            const first = await pv(host, adopt, killedAt(point));
            assert.match(first.output, /the run was ended by/, "the kill point was never reached");
            const output = await pvMust(host, adopt);
            await joins(had, output);
            cases.add({ name: `killed ${point}`, told: told(first), after: "-", rerun: "0" });
        });
    }

    it("keeps the password for root alone, and tells it nobody", async () => {
        const copy = "/var/lib/rancher/.pi-volume/node-password";
        const modes = await host.must(`stat -c '%a %U' ${copy} $(dirname ${copy}) ${password}`);
        assert.equal(modes, "600 root\n700 root\n600 root");
        assert.equal(await host.must(`cat ${copy}`), known);
        const logs = await host.exec(
            `journalctl -q --no-pager | grep -F "$(cat ${password})"; grep -rlF "$(cat ${password})" /run/pi-volume /var/log /tmp`,
        );
        assert.equal(logs.output, "");
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

    rarely("ends within a limit when its server is off, and names the reason", async () => {
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
