import assert from "node:assert/strict";
import { rounds } from "../kills/sample";
import { Cases } from "./cases";
import { drive, Host } from "./host";
import { counter, digest, k3sBack, killedAt, look, pv, pvMust, script, status } from "./volume";
import { told, wanted } from "./volume";

const other = "/mnt/other";
const to = (path: string, mib: number) => `apply --drive=${path} --size=${mib}M`;
const confirmed = (path: string, mib: number) => `${to(path, mib)} --confirmed`;
const image = (path: string) => `${path}/k3s-data/k3s.ext4`;
const settings = "/etc/rancher/k3s/config.yaml.d/90-pi-volume.yaml";
const data = "cd /var/lib/rancher/k3s/kept && sha256sum * && getfattr -dm- -- *; stat -c %A%y *";
const fillCard =
    "fallocate -l $(($(df --output=avail -k / | tail -n 1) - 300000))K /filler; sync /filler";

describe("pi-volume.sh, told that a volume may shrink or move", () => {
    const host = new Host("pv-confirm");
    const cases = new Cases();
    let had = "";

    before(async () => {
        await host.create("800M", "1800M");
        await host.must(
            "mkdir -p /var/lib/rancher/k3s/kept /var/lib/kubelet/pods; cd /var/lib/rancher/k3s/kept; head -c 9000000 /dev/urandom >random; ln random linked; echo pod >/var/lib/kubelet/pods/file",
        );
        had = await host.must(data);
        await pvMust(host, `apply ${wanted}`);
    });
    after(async () => {
        cases.print();
        await host.exec(`umount ${other}`);
        await host.outside(`losetup -j ${second()} -O NAME -n | xargs -r losetup -d`);
        await host.remove();
    });

    /** The second drive's file, which is not on the Pi's card. */
    const second = () => `${host.drive}.second`;

    /** k3s on an image of this size there, every block reserved, all guards right, the data as it was. */
    async function isOn(path: string, mib: number, since: number): Promise<void> {
        const seen = await k3sBack(host);
        assert.equal(seen.truth, "image");
        assert.ok(seen.counter >= since, `the counter went back from ${since} to ${seen.counter}`);
        assert.equal(await host.must(data), had);
        assert.equal(await host.must("cat /var/lib/kubelet/pods/file"), "pod");
        const now = await status(host);
        assert.deepEqual(
            [now.ok, now.phase, now.drive, now.image.bytes, now.image.heldPercent],
            [true, "finalized", path, mib * 1024 * 1024, 100],
            now.problems.join(),
        );
        const [line, unit, id, blocks] = (
            await host.must(
                `grep -c '^${image(path)} /var/lib/rancher ' /etc/fstab; grep -c '${image(path)}' /etc/systemd/system/pi-volume-fsck.service; blkid -p -s UUID -o value ${image(path)}; stat -f -c '%b %S' /var/lib/rancher`,
            )
        ).split("\n");
        assert.deepEqual([line, unit, id], ["1", "3", now.image.id]);
        const [count = 0, size = 0] = (blocks ?? "").split(" ").map(Number);
        const part = (count * size) / (mib * 1024 * 1024);
        assert.ok(part > 0.9 && part <= 1, `${blocks} of ${mib} MiB`);
        assert.doesNotMatch(
            await host.must("cat /etc/fstab"),
            path === drive ? /other/ : /external/,
        );
    }

    const all = async () =>
        (await digest(host)) + (await host.exec(`cksum ${image(other)}`)).output;

    /** Nothing writes into the image meanwhile, and k3s still answers that it is well. */
    async function refuses(command: string, says: RegExp, text = script()): Promise<string> {
        await host.must("pkill -STOP -f 'bin/(k3s server|containerd-shim)'; sync");
        try {
            const before = await all();
            const result = await pv(host, command, text);
            assert.equal(result.code, 10, result.output);
            assert.match(result.output, says);
            assert.equal(await all(), before, "a refusal changed something");
            return told(result);
        } finally {
            await host.exec("pkill -CONT -f 'bin/(k3s server|containerd-shim)'");
        }
    }

    async function killed(command: string, point: string): Promise<[number, string]> {
        const since = await counter(host);
        const { code, output } = await pv(host, command, killedAt(point));
        assert.match(output, /the run was ended by/, `the kill point was never reached: ${output}`);
        assert.equal(code, point === "after commit" ? 30 : 20, output);
        const seen = await k3sBack(host);
        assert.equal(seen.truth, point === "after commit" ? "image" : "card");
        assert.ok(seen.counter >= since, `the counter went back to ${seen.counter}`);
        return [seen.counter, output];
    }

    it("nothing to shrink or move: nothing changes", async () => {
        const facts = `systemctl show -p MainPID k3s; sha256sum /etc/fstab /etc/systemd/system/*.service /var/lib/pi-volume/image; stat -c '%i %s %b' ${image(drive)}`;
        const before = await host.must(facts);
        const output = await pvMust(host, confirmed(drive, 300));
        assert.equal(await host.must(facts), before);
        assert.doesNotMatch(output, /copied|made|on the card/);
        cases.add({ name: "nothing to do", told: "done", after: "nothing changed", rerun: "0" });
    });

    it("a smaller size is refused, in words that say how to allow it", async () => {
        const says =
            /300 MiB already and does not shrink to 200 MiB: .*: confirm: \[volume-pi1\] \(--confirmed\)$/m;
        const sentence = await refuses(`${to(drive, 200)} --node=pi1`, says);
        cases.add({ name: "smaller", told: sentence, after: "nothing changed", rerun: "10" });
    });

    it("a card without room, and data that does not fit: every reason at once, nothing changed", async () => {
        await host.must(
            `${fillCard}; fallocate -l 60M /var/lib/rancher/k3s/big; for i in {1..7000}; do : >/var/lib/rancher/k3s/many$i; done`,
        );
        try {
            const sentence = await refuses(confirmed(drive, 64), /the card has \d+ MiB free/);
            const { output } = await pv(host, confirmed(drive, 64));
            assert.match(output, /would fill an image of 64 MiB: ask for at least \d+ MiB/);
            assert.match(output, /\d+ files, too many for an image of 64 MiB: ask for at least/);
            cases.add({ name: "no room", told: sentence, after: "nothing changed", rerun: "10" });
        } finally {
            await host.must("cd /var/lib/rancher/k3s && rm -f /filler big many*");
        }
    });

    it("k3s that is not well, or a place that is no drive: refused", async () => {
        const short = script().replace("HEALTH_SECONDS=20", "HEALTH_SECONDS=2");
        await host.must("touch /etc/fake-k3s/unready");
        await refuses(confirmed(drive, 200), /k3s is not well, .* make it well first/, short);
        await host.must("rm /etc/fake-k3s/unready; mkdir -p /mnt/none");
        const sentence = await refuses(
            confirmed("/mnt/none", 200),
            /nothing is mounted on \/mnt\/none/,
        );
        cases.add({ name: "no drive", told: sentence, after: "nothing changed", rerun: "10" });
    });

    it("preparing only looks: the switch is what stops k3s", async () => {
        const pid = await host.must("systemctl show -p MainPID --value k3s");
        await pvMust(host, `${confirmed(drive, 200)} --until=prepared`);
        assert.equal(await host.must("systemctl show -p MainPID --value k3s"), pid);
        assert.equal((await status(host)).image.bytes, 300 * 1024 * 1024);
        const plan = await pvMust(host, confirmed(drive, 200).replace("apply", "plan"));
        assert.match(plan, /back to the card.*\nmake .* anew, 200 MiB/);
    });

    it("shrinks, step by step as the program asks", async () => {
        const since = await counter(host);
        await pvMust(host, `${confirmed(drive, 250)} --until=switched`);
        await pvMust(host, `${confirmed(drive, 250)} --until=finalized`);
        await isOn(drive, 250, since);
        cases.add({ name: "250 MiB", told: "done", after: "k3s active, 250 MiB", rerun: "0" });
    });

    it("killed and without power after the restore: k3s from the card, refused without the word, ends with it", async () => {
        const [since] = await killed(confirmed(drive, 200), "after restore");
        await host.cut();
        await host.powerOn();
        assert.equal((await k3sBack(host)).truth, "card");
        const refused = await pv(host, to(drive, 200));
        assert.equal(refused.code, 10, refused.output);
        assert.match(told(refused), /250 MiB already .*: confirm: \[volume-NAME\]/);
        await pvMust(host, confirmed(drive, 200));
        await isOn(drive, 200, since);
        cases.add({ name: "killed, cut", told: told(refused), after: "card", rerun: "0" });
    });

    it("another drive is refused; confirmed it takes data and bind mounts along, and leaves the old image as it was", async () => {
        const device = await host.outside(
            `truncate -s 330M ${second()} && mkfs.ext4 -q -F -m 0 ${second()} && losetup -f --show ${second()}`,
        );
        await host.must(`mkdir -p ${other} /etc/udev; mount ${device} ${other}`);
        await pvMust(host, `${to(drive, 200)} --bind=kubelet --k3s-settings=fit`);
        const says = /is on \/mnt\/external .*not on \/mnt\/other: .*: confirm: \[volume-pi1\] \(/;
        await refuses(`${to(other, 220)} --bind=kubelet --node=pi1`, says);
        await refuses(confirmed(other, 300), /\/mnt\/other has \d+ MiB free, and .* needs 364 MiB/);
        const move = `${confirmed(other, 220)} --bind=kubelet --k3s-settings=fit`;
        const [since] = await killed(move, "after restore");
        // Settings for a small file system would have k3s evict pods on a card that is nearly full.
        await host.must(`test ! -e ${settings}`);
        const old = await host.must(`sha256sum ${image(drive)}; e2fsck -fn ${image(drive)} 2>&1`);
        // As if fstab had the drives by UUID, which systemd would wait for in a container.
        await host.must(`printf 'UUID=1 ${drive} ext4\\nUUID=2 ${other} ext4\\n' >/root/drives`);
        const plugged = script().replace(
            /name=\$\(fstab_of "\$\(drive\)" \| .*\)$/m,
            `name=$(awk -v drive="$(drive)" '$2 == drive { print $1 }' /root/drives)`,
        );
        assert.notEqual(plugged, script());
        const { code, output } = await pv(host, move, plugged);
        assert.equal(code, 0, output);
        assert.match(
            await host.must("cat /etc/udev/rules.d/90-pi-volume.rules"),
            /ID_FS_UUID}=="2"/,
        );
        await pvMust(host, move);
        await isOn(other, 220, since);
        assert.equal(await host.must("cat /var/lib/kubelet/pods/file"), "pod");
        await host.must(`mountpoint /var/lib/kubelet; test -e ${settings}`);
        assert.equal(
            await host.must(`sha256sum ${image(drive)}; e2fsck -fn ${image(drive)} 2>&1`),
            old,
        );
        cases.add({ name: "another drive", told: "done", after: "on the other", rerun: "0" });
    });

    it("back to where an image of before lies: refused until that is gone; killed after the commit it ends well", async () => {
        const back = confirmed(drive, 240);
        const sentence = await refuses(
            back,
            /external\/k3s-data\/k3s.ext4 is there already .*delete it when you are sure/,
        );
        await refuses(`${back} --existing=adopt`, /is there already/);
        await host.must(`rm ${image(drive)}`);
        // The first commit is the restore's: the folders are on the card again, the data is not.
        await killed(back, "after commit");
        assert.equal((await status(host)).drive, other);
        const [since, output] = await killed(back, "after commit");
        const left = /^\/mnt\/other\/k3s-data\/k3s.ext4 stays as it is: it can be deleted/m;
        assert.match(output, left);
        assert.equal((await status(host)).drive, drive);
        await pvMust(host, back);
        await isOn(drive, 240, since);
        assert.equal(await host.must(`test -e ${image(other)} && echo there`), "there");
        cases.add({ name: "back again", told: sentence, after: "killed: image", rerun: "0" });
    });

    it("the other drive gone while the data went to the card: k3s stays there, nothing lands on the bare card", async () => {
        await host.must(`rm ${image(other)}`);
        const pulled = script().replace(
            "    # That took a while",
            `    umount ${other}\n    # That took a while`,
        );
        const result = await pv(host, confirmed(other, 220), pulled);
        assert.equal(result.code, 20, result.output);
        assert.match(told(result), /failed: nothing is mounted on \/mnt\/other/);
        assert.equal((await k3sBack(host)).truth, "card");
        assert.equal(await host.must(`ls -A ${other}`), "");
        await pvMust(host, confirmed(drive, 200));
        await isOn(drive, 200, 0);
        cases.add({ name: "drive pulled", told: told(result), after: "card", rerun: "0" });
    });

    const randomKills = rounds(0, 4);
    for (const what of randomKills > 0 ? ["killed at random moments: k3s always runs again"] : []) {
        it(`${what}, the counter never goes back`, async () => {
            let since = await counter(host);
            for (let mib = 230; mib > 230 - 10 * randomKills; mib -= 10) {
                const running = pv(host, confirmed(drive, mib));
                await host.exec(
                    `sleep ${Math.random() * 4}; systemctl kill --signal=KILL pi-volume`,
                );
                await running;
                const seen = await k3sBack(host);
                assert.ok(seen.counter >= since, `${seen.counter} after ${since}`);
                since = seen.counter;
            }
            await pvMust(host, confirmed(drive, 200));
            await isOn(drive, 200, since);
            assert.equal((await look(host)).fresh, 1);
            cases.add({
                name: `${randomKills} random kills`,
                told: "-",
                after: "k3s active",
                rerun: "0",
            });
        });
    }

    it("a reimaged Pi that has not set aside yet what its card had: refused, or a restore would write over it", async () => {
        await host.powerOff();
        await host.flash();
        await host.powerOn();
        await pvMust(host, `${to(drive, 200)} --existing=adopt --until=switched`);
        const says = /what this card had before it adopted the image is not set aside yet/;
        const sentence = await refuses(confirmed(drive, 190), says);
        await pvMust(host, `${to(drive, 200)} --existing=adopt`);
        await host.must("mkdir -p /var/lib/kubelet/pods; echo pod >/var/lib/kubelet/pods/file");
        await pvMust(host, `${confirmed(drive, 190)} --existing=adopt`);
        await isOn(drive, 190, 0);
        assert.match(await host.must("ls /var/lib/rancher.before-adopt/k3s/server/db"), /state/);
        cases.add({ name: "adopted half", told: sentence, after: "nothing changed", rerun: "0" });
    });
});
