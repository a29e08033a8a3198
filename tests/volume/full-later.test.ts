import { Cases } from "./cases";
import { fillAtEachWrite, prepareToFill } from "./full";
import { drive, Host } from "./host";
import { pvMust, wanted } from "./volume";

const all = `apply ${wanted} --bind=kubelet,pod-logs --k3s-settings=fit`;

describe("pi-volume.sh after the first move, with the medium full at each of its writes", () => {
    const host = new Host("pv-full-later");
    const cases = new Cases();

    before(async () => {
        await host.create();
        await prepareToFill(host);
        await pvMust(host, `apply ${wanted}`);
    });
    after(async () => {
        cases.print();
        await host.remove();
    });

    it("the caller finds /run full: a sentence, and nothing begins", async () => {
        await fillAtEachWrite(host, cases, {
            name: "the call",
            command: `apply ${wanted}`,
            scope: "caller",
            begin: () => host.must("rm -rf /run/pi-volume"),
        });
    });

    it("repairs guards that were removed", async () => {
        await fillAtEachWrite(host, cases, {
            name: "repair",
            command: `apply ${wanted} --repair=now`,
            begin: () =>
                host.must(
                    "cd /etc/systemd/system; rm -rf k3s.service.d k3s-agent.service.d /var/lib/pi-volume/repaired; echo '[Unit]' >pi-volume-fsck.service; sed -i s/,X-fstrim.notrim// /etc/fstab",
                ),
        });
    });

    it("binds more folders into the image, and writes settings", async () => {
        await fillAtEachWrite(host, cases, {
            name: "bind",
            command: all,
            begin: () => pvMust(host, `apply ${wanted}`),
        });
    });

    it("restores all to the card", async () => {
        await fillAtEachWrite(host, cases, {
            name: "restore",
            command: "restore",
            begin: () => pvMust(host, all),
        });
    });

    it("adopts an image that this card did not make", async () => {
        const begin = async () => {
            await pvMust(host, "restore");
            await host.must(
                "rm -rf /var/lib/pi-volume /var/lib/*.before-adopt; echo another >/etc/rancher/node/password",
            );
        };
        const command = `apply --drive=${drive} --size=300M --existing=adopt`;
        await fillAtEachWrite(host, cases, { name: "adopt", command, begin, another: true });
    });
});
