import assert from "node:assert/strict";
import { pis } from "../../lab/facts";
import { piNamed, ssh } from "../../lab/ssh";
import { checkVolumes } from "../../lab/volumes";
import { editedConfig, rekindle, rekindleWith, verb, type Ran } from "./lab";

const pi = piNamed("pi2");
const on = async (command: string) =>
    (await ssh(pi, ["sudo", "-n", "sh", "-s"], { input: `${command} || true` })).trim();
describe("volumes", () => {
    it("hold every block after they were filled, emptied and trimmed", async () => {
        const folder = "/var/lib/rancher";
        await on(`fallocate -l 500M ${folder}/filler && rm ${folder}/filler && fstrim ${folder}`);
        const { checks } = await checkVolumes();
        assert.deepEqual(
            checks.map(({ ok }) => ok),
            pis.map(() => true),
            JSON.stringify(checks),
        );
    });

    it("never shrink: `up` says so in one sentence, and the images stay as they are", async () => {
        const smaller = editedConfig((config) => {
            for (const { volume } of config["rekindle:nodes"]) {
                volume.size = "2GiB";
            }
        });
        const up = await rekindle("up", "--config-file", smaller);
        assert.notEqual(up.exit, 0);
        assert.match(
            up.output,
            /refused: the image is 3072 MiB already and does not shrink to 2048 MiB/,
        );
        const { checks } = await checkVolumes();
        assert.ok(
            checks.every(({ ok }) => ok),
            JSON.stringify(checks),
        );
    });

    it("drift shows in a preview only on request, without a Pi that is off, and the next up mends it", async () => {
        const drifted = ({ report }: Ran) =>
            (report.changes ?? [])
                // The refused `up` of before left other arguments in the state.
                .filter(({ urn }) => urn.includes("remote:Command"))
                .map(({ urn }) => urn.split("::").pop())
                .sort();
        await on("fallocate --punch-hole -o 2500M -l 100M /mnt/external/k3s-data/k3s.ext4");
        const plain = await rekindle("preview");
        assert.deepEqual([plain.exit, drifted(plain)], [0, []], plain.output);
        await verb("power", "off", "pi3");
        const look = { REKINDLE_DRIFT: "1" };
        const asked = await rekindleWith(look, "preview");
        assert.equal(asked.exit, 0, asked.output);
        assert.match(asked.output, /pi2: the image lost \d+ MiB of its blocks/);
        assert.match(asked.output, /pi3 was not asked how its volume is: /);
        const again = ["volume-pi2-finalize", "volume-pi2-switch"];
        assert.deepEqual(drifted(asked), again, asked.output);
        // A Pi that is off holds up nothing that does not concern it.
        const up = await rekindle("up");
        assert.deepEqual(drifted(up), again, up.output);
        assert.equal(up.report.checks.find(({ name }) => name === "up")?.ok, true, up.output);
        await verb("power", "on", "pi3");
        const mended = await rekindleWith(look, "preview");
        assert.deepEqual([mended.exit, mended.report.changes], [0, []], mended.output);
    });
});
