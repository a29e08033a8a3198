import assert from "node:assert/strict";
import { sampled } from "../kills/sample";
import { Cases } from "./cases";
import { ballast, fillAtEachWrite, prepareToFill, type Journey } from "./full";
import { Host } from "./host";
import { k3sBack, killedAt, pv, pvMust, reset, told, wanted } from "./volume";

describe("pi-volume.sh's first move, with the medium full at each of its writes", () => {
    const host = new Host("pv-full");
    const cases = new Cases();
    const command = `apply ${wanted}`;
    const begin = async () => {
        await reset(host);
        // k3s was never stopped by it since this boot.
        await host.must("rm -f /run/systemd/system/k3s.service.d/10-pi-volume-hold.conf");
    };

    before(async () => {
        await host.create();
        await prepareToFill(host);
    });
    after(async () => {
        cases.print();
        await host.remove();
    });

    it("an image that does not mount, and a cut when its line is gone again: the next run moves", async () => {
        await begin();
        const text = killedAt("after uncommit").replace(
            /^main "\$@" <\/dev\/null$/m,
            () => `begin_mount() { :; }\nmain "$@" </dev/null`,
        );
        const result = await pv(host, command, text);
        assert.equal(result.code, 20, result.output);
        assert.equal((await k3sBack(host)).truth, "card");
        await pvMust(host, command);
        assert.equal((await k3sBack(host)).truth, "image");
        const after = "k3s active on the card";
        cases.add({ name: "not mounted, killed", told: told(result), after, rerun: "0" });
    });

    const noRoom: Journey = { name: "no room", command, begin };
    const noInode: Journey = {
        name: "no inode",
        command,
        kind: "inodes",
        begin: async () => {
            await begin();
            await ballast(host);
        },
    };
    for (const journey of sampled("a first move with full media", [noRoom, noInode], [noRoom])) {
        it(`${journey.name}: k3s runs again, each file is whole, and the rerun succeeds`, async () => {
            await fillAtEachWrite(host, cases, journey);
        }).timeout(900_000);
    }
});
