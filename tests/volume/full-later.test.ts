import { sampled } from "../kills/sample";
import { Cases } from "./cases";
import { fillAtEachWrite, prepareToFill, type Journey } from "./full";
import { drive, Host } from "./host";
import { pvMust, wanted } from "./volume";

const apply = `apply ${wanted}`;
const all = `${apply} --bind=kubelet,pod-logs --k3s-settings=fit`;
const guards = [
    "cd /etc/systemd/system; rm -rf k3s.service.d k3s-agent.service.d /var/lib/pi-volume/repaired",
    "echo '[Unit]' >pi-volume-fsck.service; sed -i s/,X-fstrim.notrim// /etc/fstab",
].join("; ");

describe("pi-volume.sh after the first move, with the medium full at each of its writes", () => {
    const host = new Host("pv-full-later");
    const cases = new Cases();

    before(async () => {
        await host.create();
        await prepareToFill(host);
        await pvMust(host, apply);
    });
    after(async () => {
        cases.print();
        await host.remove();
    });

    const theCall: Journey = {
        name: "the caller finds /run full",
        command: apply,
        scope: "caller",
        begin: () => host.must("rm -rf /run/pi-volume"),
    };
    const repair: Journey = {
        name: "guards that were removed are repaired",
        command: `${apply} --repair=now`,
        begin: () => host.must(guards),
    };
    const bind: Journey = {
        name: "more folders are bound into the image, and settings written",
        command: all,
        begin: () => pvMust(host, apply),
    };
    const restore: Journey = {
        name: "all is restored to the card",
        command: "restore",
        begin: () => pvMust(host, all),
    };
    const adopt: Journey = {
        name: "an image that this card did not make is adopted",
        command: `apply --drive=${drive} --size=300M --existing=adopt`,
        another: true,
        begin: async () => {
            await pvMust(host, "restore");
            await host.must(
                "rm -rf /var/lib/pi-volume /var/lib/*.before-adopt; echo another >/etc/rancher/node/password",
            );
        },
    };

    const journeys = [theCall, repair, bind, restore, adopt];
    for (const journey of sampled("full media after the first move", journeys, [theCall, repair])) {
        it(`${journey.name}: k3s runs, each file is whole, and the rerun succeeds`, async () => {
            await fillAtEachWrite(host, cases, journey);
        }).timeout(900_000);
    }
});
