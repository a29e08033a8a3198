import assert from "node:assert/strict";
import { Cases } from "./cases";
import { drive, Host } from "./host";
import { k3sBack, pvMust, status, wanted } from "./volume";

describe("on Debian 13", () => {
    const host = new Host("pv-trixie", { debian: 13 });
    const cases = new Cases();
    let had = 0;

    before(() => host.create());
    after(async () => {
        cases.print();
        await host.remove();
    });

    /** k3s runs where it should, and its counter went on. */
    async function goesOn(truth: "card" | "image", name: string): Promise<void> {
        const seen = await k3sBack(host);
        assert.equal(seen.truth, truth);
        assert.ok(seen.counter >= had, `the counter went back from ${had} to ${seen.counter}`);
        had = seen.counter;
        const { ok, problems } = await status(host);
        assert.equal(ok, truth === "image", problems.join());
        cases.add({ name, told: "-", after: `k3s active on the ${truth}`, rerun: "-" });
    }

    it("moves k3s's data into the image", async () => {
        assert.match(await host.must("cat /etc/debian_version"), /^13\./);
        await goesOn("card", "before");
        await pvMust(host, `apply ${wanted}`);
        await goesOn("image", "apply");
    });

    it("a reboot in order unmounts the image cleanly, and k3s runs from it", async () => {
        await host.powerOff();
        const file = `${host.drive}/k3s-data/k3s.ext4`;
        const head = await host.outside(`dumpe2fs -h ${file} 2>/dev/null`);
        assert.match(head, /state: +clean\n/);
        assert.doesNotMatch(head, /needs_recovery/);
        await host.powerOn();
        await goesOn("image", "reboot");
    });

    it("grows, and binds the kubelet's folder into the image", async () => {
        await pvMust(host, `apply --drive=${drive} --size=340M --bind=kubelet`);
        assert.equal((await status(host)).image.bytes, 340 * 1024 * 1024);
        await host.must("mountpoint /var/lib/kubelet");
        await goesOn("image", "grow and bind");
    });

    it("a power cut: k3s comes back on the image", async () => {
        await host.cut();
        await host.powerOn();
        await host.must("mountpoint /var/lib/kubelet");
        await goesOn("image", "power cut");
    });

    it("comes back to the card", async () => {
        await pvMust(host, "restore");
        await goesOn("card", "restore");
    });
});
