import assert from "node:assert/strict";
import { rarely } from "../kills/sample";
import { inBounds } from "./bounds";
import { Cases } from "./cases";
import { Host } from "./host";
import { digest, node, pvMust, status, told, wanted } from "./volume";

describe("an agent whose server is off", () => {
    const host = new Host("pv-bounds-agent", { role: "agent" });
    const cases = new Cases();
    const apply = `apply ${wanted} --node=${node}`;
    const off = "touch /srv/cluster/off";
    const on =
        "rm /srv/cluster/off; timeout 60 sh -c 'until systemctl -q is-active k3s-agent; do sleep 0.1; done'";

    before(() => host.create());
    after(async () => {
        cases.print();
        await host.remove();
    });

    const agent = "systemctl show -P MainPID,ActiveState k3s-agent";

    async function refuses(name: string, says: RegExp): Promise<void> {
        const before = `${await digest(host)}\n${await host.must(agent)}`;
        const result = await inBounds(host, apply);
        assert.equal(result.code, 10, result.output);
        assert.match(told(result), says);
        assert.equal(`${await digest(host)}\n${await host.must(agent)}`, before);
        cases.add({ name, told: told(result), after: "nothing changed", rerun: "0" });
    }

    it("a first move is refused beforehand, and goes well when the server is back", async () => {
        await host.must(off);
        await refuses(
            "server off",
            /k3s-agent is not well, and would not be elsewhere: .*node \S+ is not Ready/,
        );
        await host.powerOff();
        await host.powerOn();
        await refuses("server off since before the boot", /its last words: .*connection refused/);
        await host.must(on);
        await pvMust(host, apply);
        assert.equal((await status(host)).ok, true);
    });

    it("on the image: a rerun that has to start k3s ends, and says what k3s says", async () => {
        await host.must(`${off}; systemctl stop k3s-agent`);
        const result = await inBounds(host, apply);
        assert.equal(result.code, 30, result.output);
        assert.match(
            told(result),
            /k3s-agent is not up after 4 s, and keeps trying: its last words: .*connection refused/,
        );
        await host.must(on);
        await pvMust(host, apply);
        const { ok, problems } = await status(host);
        assert.ok(ok, problems.join());
        const after = "k3s-agent starting";
        cases.add({ name: "server off, on the image", told: told(result), after, rerun: "0" });
    });

    rarely("on the image: a boot without the server, and one with it", async () => {
        await host.must(off);
        await host.powerOff();
        await host.powerOn();
        await host.must("mountpoint /var/lib/rancher");
        const result = await inBounds(host, apply);
        assert.equal(result.code, 30, result.output);
        assert.match(told(result), /keeps trying: its last words: .*connection refused/);
        await host.must(on);
        await pvMust(host, apply);
        const after = "k3s-agent starting";
        cases.add({ name: "server off at boot", told: told(result), after, rerun: "0" });
    });

    it("restore while the server is off: the data is on the card, and the end says why k3s is not up", async () => {
        await host.must(off);
        const result = await inBounds(host, "restore");
        assert.equal(result.code, 20, result.output);
        assert.match(told(result), /keeps trying: its last words: .*connection refused/);
        await host.must(on);
        await pvMust(host, "restore");
        assert.equal((await status(host)).phase, "prepared");
        const after = "on the card, starting";
        cases.add({ name: "restore, server off", told: told(result), after, rerun: "0" });
    });
});
