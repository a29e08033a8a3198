import assert from "node:assert/strict";
import { piVolumeScript } from "../../components/pi-volume-script";
import { drive, Host } from "./host";

describe("pi-volume.sh apply", () => {
    const host = new Host("vol1");

    before(() => host.create());
    after(() => host.remove());

    for (const phase of ["prepared", "switched", "finalized"]) {
        it(`comes to ${phase}, and k3s's counter never goes back`, async () => {
            const counter = "cat /var/lib/rancher/k3s/server/db/state";
            const before = Number(await host.must(counter));
            const args = `--drive=${drive} --size=300M`;
            const { code, output } = await host.exec(
                `bash -s -- apply ${args} --until=${phase}`,
                piVolumeScript(),
            );
            assert.equal(code, 0, output);
            assert.ok(Number(await host.must(counter)) >= before);
            const { output: status } = await host.exec(
                `bash -s -- status ${args}`,
                piVolumeScript(),
            );
            const reached = phase === "switched" ? "running" : phase;
            assert.match(status, new RegExp(`"phase":"${reached}".*"heldPercent":100`), status);
        });
    }
});
