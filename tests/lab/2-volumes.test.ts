import assert from "node:assert/strict";
import { pis } from "../../lab/facts";
import { readCounter } from "../../lab/counter";
import { runningHouse } from "../../lab/house";
import { kubectl } from "../../lab/kubectl";
import { piNamed, ssh } from "../../lab/ssh";
import { checkVolumes } from "../../lab/volumes";
import { editedConfig, rekindle, rekindleWith, until, verb, type Ran } from "./lab";

const pi = piNamed("pi2");
const on = async (command: string) =>
    (await ssh(pi, ["sudo", "-n", "sh", "-s"], { input: `${command} || true` })).trim();
const ready = async () =>
    until("pi2 Ready", 120, async () => {
        const path = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
        const seen = await kubectl(runningHouse().k3s, ["get", "node", pi.name, "-o", path]).catch(
            () => "",
        );
        return seen === "True" || undefined;
    });

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

    it("never shrink: `up` says so in one sentence, and changes nothing", async () => {
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
        const again = await rekindle("up");
        assert.equal(again.exit, 0, again.output);
        const commands = (again.report.changes ?? []).filter(({ urn }) =>
            urn.includes("remote:Command"),
        );
        assert.deepEqual(commands, [], again.output);
    });

    it("drift shows in a preview only on request, without a Pi that is off, and the next up mends it", async () => {
        const drifted = ({ report }: Ran) =>
            (report.changes ?? []).map(({ urn }) => urn.split("::").pop()).sort();
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
        assert.deepEqual([mended.exit, drifted(mended)], [0, []], mended.output);
    });

    it("a drive that is missing at boot: SSH works, k3s does not start, the card stays empty; after the plug `systemctl start` is enough", async () => {
        const before = await readCounter(pi);
        await verb("power", "off", pi.name);
        await verb("drive", "pull", pi.name);
        await verb("power", "on", pi.name);
        assert.equal(await on("systemctl is-active k3s-agent"), "inactive");
        assert.equal(await on("ls -A /var/lib/rancher"), "");
        assert.match(await on("touch /var/lib/rancher/anything 2>&1"), /not permitted/);
        await verb("drive", "plug", pi.name);
        assert.equal(await on("systemctl is-active k3s-agent"), "inactive");
        await on("systemctl start k3s-agent");
        await ready();
        const after = await readCounter(pi);
        assert.ok(after.whole && after.kept >= before.told, JSON.stringify({ before, after }));
    });
});
