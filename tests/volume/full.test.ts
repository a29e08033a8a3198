import { Cases } from "./cases";
import { ballast, fillAtEachWrite, prepareToFill } from "./full";
import { Host } from "./host";
import { reset, wanted } from "./volume";

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

    it("no room: k3s runs again, each file is whole, and the same command goes on", async () => {
        await fillAtEachWrite(host, cases, { name: "first move", command, begin });
    });

    it("no inode: k3s runs again, each file is whole, and the same command goes on", async () => {
        await ballast(host);
        await fillAtEachWrite(host, cases, { name: "first move", command, begin, kind: "inodes" });
    });
});
