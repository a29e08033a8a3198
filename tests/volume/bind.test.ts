import assert from "node:assert/strict";
import { sampled } from "../kills/sample";
import { Cases } from "./cases";
import { drive, Host } from "./host";
import { k3sBack, killedAt, look, pv, pvMust, status, told, wanted } from "./volume";

const both = `apply ${wanted} --bind=kubelet,pod-logs`;
const places = ["/var/lib/kubelet", "/var/log/pods"];
const settings = "/etc/rancher/k3s/config.yaml.d/90-pi-volume.yaml";

describe("what fills the card beside k3s's data", () => {
    const host = new Host("pv-bind");
    const cases = new Cases();

    before(async () => {
        await host.create();
        await host.must(
            "mkdir -p /var/lib/kubelet/pods/uid/volumes/empty /var/log/pods/a; echo data >/var/lib/kubelet/pods/uid/volumes/empty/file; echo log >/var/log/pods/a/0.log",
        );
    });
    after(async () => {
        cases.print();
        await host.remove();
    });

    async function isWhole(): Promise<void> {
        const files = `cat /var/lib/kubelet/pods/uid/volumes/empty/file /var/log/pods/a/0.log`;
        assert.equal(await host.must(files), "data\nlog");
        const { ok, problems } = await status(host);
        assert.ok(ok, problems.join());
        await k3sBack(host);
    }

    async function onDrive(): Promise<string[]> {
        const sources = places.map(
            (place) => `findmnt -rno SOURCE --mountpoint ${place} || echo card`,
        );
        return (await host.must(sources.join("; "))).split("\n");
    }

    /** What is on the card itself, below whatever is mounted. */
    async function onCard(): Promise<string> {
        return host.must(
            "mkdir -p /run/card; mount --make-private --bind / /run/card; find /run/card/var/lib/kubelet /run/card/var/log/pods -type f; umount /run/card",
        );
    }

    it("moves with the switch when told, and comes back with a restore", async () => {
        await pvMust(host, both);
        for (const source of await onDrive()) {
            assert.match(source, /^\/dev\/loop\d+\[\/bound\//);
        }
        assert.equal(await onCard(), "");
        await isWhole();
        const again = await pvMust(host, both);
        assert.doesNotMatch(again, /bound into/);
        await pvMust(host, "restore");
        assert.deepEqual(await onDrive(), ["card", "card"]);
        assert.equal((await onCard()).split("\n").length, 2);
        await host.must("cat /var/lib/kubelet/pods/uid/volumes/empty/file /var/log/pods/a/0.log");
        cases.add({
            name: "bind with the switch",
            told: "done",
            after: "on the image",
            rerun: "0",
        });
    });

    it("moves later, one by one, and back when no longer told", async () => {
        await pvMust(host, `apply ${wanted}`);
        assert.deepEqual(await onDrive(), ["card", "card"], "left alone unless told");
        await isWhole();
        await pvMust(host, `apply ${wanted} --bind=kubelet`);
        await isWhole();
        await pvMust(host, `apply ${wanted} --bind=pod-logs`);
        assert.deepEqual(
            (await onDrive()).map((source) => source === "card"),
            [true, false],
        );
        await isWhole();
        await pvMust(host, `apply ${wanted}`);
        assert.equal(await host.must("ls -A /var/lib/rancher/bound"), "");
        await isWhole();
    });

    const points = [
        ...["after stop_k3s", "after move", "after commit", "after mount_bound"],
        "before free_copies",
    ];
    for (const [from, to, sample] of [
        [`apply ${wanted}`, both, "after move"],
        [both, `apply ${wanted}`, "after commit"],
    ] as const) {
        const what = to === both ? "binding" : "unbinding";
        for (const point of sampled(what, points, [sample])) {
            it(`${what}, killed ${point}: nothing is lost`, async () => {
                await pvMust(host, from);
                const first = await pv(host, to, killedAt(point));
                assert.equal(first.code, 30, first.output);
                await k3sBack(host);
                await pvMust(host, to);
                await isWhole();
                cases.add({
                    name: `${what} killed ${point}`,
                    told: told(first),
                    after: "k3s active",
                    rerun: "0",
                });
            });
        }
    }

    it("a restore killed when the folders are back and the data is not: k3s runs from the image", async () => {
        await pvMust(host, both);
        const first = await pv(host, "restore", killedAt("after commit"));
        assert.equal(first.code, 30, first.output);
        assert.equal((await k3sBack(host)).truth, "image");
        await host.cut();
        await host.powerOn();
        assert.equal((await k3sBack(host)).truth, "image");
        await pvMust(host, "restore");
        assert.equal((await k3sBack(host)).truth, "card");
        cases.add({
            name: "restore killed after commit",
            told: told(first),
            after: "k3s active on the image",
            rerun: "0",
        });
        await pvMust(host, both);
        await isWhole();
    });

    it("stays empty on the card while the drive is missing, and is repaired when unmounted", async () => {
        await pvMust(host, both);
        await host.powerOff();
        await host.powerOn(false);
        await host.exec("systemctl start k3s");
        assert.equal((await look(host)).k3s, "inactive");
        assert.equal(await onCard(), "");
        await host.plug();
        await host.must("systemctl start k3s");
        await isWhole();
        await host.must(
            "systemctl stop k3s; pkill -KILL -f 'bin/containerd-shi[m]'; umount /var/log/pods",
        );
        assert.match((await status(host)).problems.join(), /\/var\/log\/pods is not bound/);
        await pvMust(host, both);
        await isWhole();
    });

    it("an adopted image's own folders are bound as they are; the new card's are set aside", async () => {
        await host.powerOff();
        await host.flash();
        await host.powerOn();
        await host.must(
            "mkdir -p /var/lib/kubelet/pods /var/log/pods; echo new >/var/lib/kubelet/pods/new",
        );
        await pvMust(host, `${both} --existing=adopt`);
        await isWhole();
        assert.equal(await host.must("cat /var/lib/kubelet.before-adopt/pods/new"), "new");
        assert.equal(await onCard(), "");
    });

    it("a card without room for it: refused", async () => {
        await host.must("dd if=/dev/zero of=/var/lib/kubelet/big bs=1M count=50 status=none; sync");
        await host.must(
            "fallocate -l $(($(df --output=avail -B1 / | tail -1) - 300000000)) /filler",
        );
        const refused = await pv(host, `apply ${wanted}`);
        await host.must("rm /filler /var/lib/kubelet/big");
        assert.equal(refused.code, 10, refused.output);
        assert.match(told(refused), /needs \d+ MiB on the card: free some, or keep it bound/);
        cases.add({
            name: "unbind, card full",
            told: told(refused),
            after: "nothing changed",
            rerun: "10",
        });
    });

    it("k3s's settings come with a restart, stay, and go with one", async () => {
        const started = async () => host.must("systemctl show -p MainPID --value k3s");
        const before = await started();
        await pvMust(host, `${both} --k3s-settings=fit`);
        assert.match(await host.must(`cat ${settings}`), /kubelet-arg\+:\n {2}- image-gc-high/);
        const restarted = await started();
        assert.notEqual(restarted, before);
        await pvMust(host, `${both} --k3s-settings=fit`);
        assert.equal(await started(), restarted);
        await pvMust(host, both);
        assert.notEqual((await host.exec(`test -e ${settings}`)).code, 0);
        assert.notEqual(await started(), restarted);
        await pvMust(host, `${both} --k3s-settings=fit`);
        await pvMust(host, "restore");
        assert.notEqual((await host.exec(`test -e ${settings}`)).code, 0);
        await host.must(`test ! -e ${drive}/none`);
    });
});
