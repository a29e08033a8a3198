import assert from "node:assert/strict";
import { sampled } from "../kills/sample";
import { Cases } from "./cases";
import { Host, type HostKind, until } from "./host";
import { digest, k3sBack, look, pv, pvMust, status, told, wanted } from "./volume";

/** How people run k3s under another name. */
interface Kind extends HostKind {
    readonly name: string;
    readonly unit: string;
    /** What is done to a Pi before its first start. */
    readonly make?: string;
}

/** As a shell on the host writes a unit's name. */
const quoted = (unit: string) => `'${unit}.service'`;

const wrapper = String.raw`printf '#!/bin/sh\nexec k3s agent\n' >/usr/local/sbin/cluster-start; chmod +x /usr/local/sbin/cluster-start`;
const kinds: readonly Kind[] = [
    { name: "k3s-node, as Ansible's roles call it", unit: "k3s-node", role: "agent" },
    { name: "INSTALL_K3S_NAME", unit: "k3s-pi1" },
    { name: "an instance of a template", unit: "k3s@pi1", role: "agent" },
    {
        name: "a program that becomes k3s",
        unit: "cluster",
        make: `systemctl stop cluster; ${wrapper}; sed -i '/^ExecStart=/,$d; /k3s/d' /etc/systemd/system/cluster.service; echo ExecStart=/usr/local/sbin/cluster-start >>/etc/systemd/system/cluster.service; systemctl daemon-reload; systemctl start cluster`,
    },
    { name: "a name with a backslash", unit: String.raw`k3s-my\x2dpi` },
];

/** What this script leaves on a Pi whose data is on its card: nothing but what the card keeps of the image. */
const guards =
    "find /etc -name '*pi-volume*'; grep pi-volume /etc/fstab; systemctl list-units --all --plain --no-legend 'var-lib-rancher.mount' 'pi-volume*'; lsattr -d /var/lib/rancher | cut -d' ' -f1 | grep i";
const bare = "find /var/lib/rancher -mindepth 1 | head";

describe("pi-volume.sh finds k3s's service, whatever it is called", () => {
    const cases = new Cases();
    after(() => {
        cases.print();
    });

    const sample = kinds.filter(({ unit }) => ["k3s-node", "k3s@pi1", "cluster"].includes(unit));
    for (const { name, unit, make, ...kind } of sampled("names of k3s's service", kinds, sample)) {
        describe(name, () => {
            const host = new Host(`pv-service-${kinds.findIndex((each) => each.unit === unit)}`, {
                ...kind,
                unit,
            });
            let had = 0;

            before(() => host.create());
            after(() => host.remove());

            /** k3s runs there by itself, and its counter went on. */
            async function runsOn(truth: "card" | "image"): Promise<void> {
                const state = async () =>
                    (await host.exec(`systemctl is-active ${quoted(unit)}`)).output;
                await until(`${unit} to run`, async () => (await state()) === "active");
                const seen = await look(host);
                assert.deepEqual([seen.truth, seen.fresh], [truth, 1]);
                assert.ok(
                    seen.counter >= had,
                    `the counter went back from ${had} to ${seen.counter}`,
                );
                had = seen.counter;
                const mounted = await host.exec(
                    "findmnt -rno SOURCE --mountpoint /var/lib/rancher",
                );
                assert.equal(mounted.output.startsWith("/dev/loop"), truth === "image");
            }

            it("moves, and status names it", async () => {
                await host.must(make ?? "true");
                await runsOn("card");
                await pvMust(host, `apply ${wanted}`);
                const { service, serviceState, ok, problems } = await status(host);
                assert.deepEqual(
                    [service, serviceState, ok],
                    [unit, "active", true],
                    problems.join(),
                );
                await runsOn("image");
            });

            it("comes back by itself after a reboot in order, and after a power cut", async () => {
                await host.powerOff();
                await host.powerOn();
                await runsOn("image");
                await host.cut();
                await host.powerOn();
                await runsOn("image");
                assert.equal((await status(host)).ok, true);
            });

            it("stays down without the drive, and the card empty; it starts when the drive is back", async () => {
                await host.powerOff();
                await host.powerOn(false);
                await host.exec(`systemctl start ${quoted(unit)}; sleep 1`);
                const { output } = await host.exec(`systemctl is-active ${quoted(unit)}`);
                assert.equal(output, "inactive");
                assert.equal(await host.must(bare), "");
                await host.plug();
                await host.must(`systemctl start ${quoted(unit)}`);
                await runsOn("image");
            });

            it("restores, and no guard is left", async () => {
                await pvMust(host, "restore");
                await runsOn("card");
                assert.equal((await host.exec(guards)).output, "");
                await host.cut();
                await host.powerOn();
                await runsOn("card");
                cases.add({
                    name,
                    told: "done",
                    after: "on the image after each boot, down without the drive",
                    rerun: "0",
                });
            });
        });
    }
});

describe("pi-volume.sh and a k3s that it could not stop and start", () => {
    const host = new Host("pv-service");
    const cases = new Cases();

    before(() => host.create());
    after(async () => {
        cases.print();
        await host.remove();
    });

    async function refuses(name: string, says: RegExp): Promise<void> {
        const before = await digest(host);
        const result = await pv(host, `apply ${wanted}`);
        assert.equal(result.code, 10, result.output);
        assert.match(told(result), says);
        assert.equal(await digest(host), before, "a refusal changed something");
        cases.add({ name, told: told(result), after: "nothing changed", rerun: "10" });
    }

    /** Starts something that runs until `end`, outside every service. */
    async function inScope(command: string): Promise<void> {
        await host.must(
            `systemd-run --quiet --scope --unit=byhand bash -c ${JSON.stringify(command)} </dev/null >/dev/null 2>&1 & sleep 0.3`,
        );
    }
    const end = "systemctl stop byhand.scope";
    const asK3s = "exec -a '/usr/local/bin/k3s server' sleep 1000";

    it("run by hand in its service's place: refused, nothing changed", async () => {
        await host.must("systemctl stop k3s");
        await inScope("NOTIFY_SOCKET=/run/systemd/notify exec k3s server");
        try {
            await until("k3s to run", async () => {
                return (await host.exec("pgrep -f '^/usr/local/bin/k3s server'")).code === 0;
            });
            await refuses("run by hand", /k3s runs without a systemd service \(process \d+\)/);
        } finally {
            await host.must(`${end}; systemctl start k3s`);
        }
        await k3sBack(host);
    });

    it("run by hand beside its service: refused, nothing changed", async () => {
        await inScope(asK3s);
        await refuses("one more, by hand", /k3s runs without a systemd service \(process \d+\)/);
        await host.must(end);
    });

    it("left behind by another service, as by cron or rc.local: refused, nothing changed", async () => {
        await host.must(
            `systemd-run --quiet --unit=scripts bash -c "(${asK3s} &); exec sleep 1000"; sleep 0.3`,
        );
        await refuses("by a boot script", /k3s runs without a systemd service \(process \d+\)/);
        await host.must("systemctl stop scripts");
    });

    it("two services that would run it: refused, nothing changed", async () => {
        const other = "/etc/systemd/system/k3s-node.service";
        await host.must(
            `sed 's/^    server/    agent/' /etc/systemd/system/k3s.service >${other}; systemctl daemon-reload`,
        );
        await refuses("two services", /^refused: k3s and k3s-node are both installed: uninstall/);
        await host.must(`rm ${other}; systemctl daemon-reload`);
    });

    it("stopped and disabled before the first move: refused, nothing changed", async () => {
        await host.must("systemctl disable --now k3s");
        await refuses(
            "switched off before",
            /k3s is stopped and disabled, .*: sudo systemctl enable --now k3s, or leave this Pi out/,
        );
        await host.must("sudo systemctl enable --now k3s");
    });

    it("in a container with processes of its own: ignored, and left running", async () => {
        const alive = "pgrep -cf '^/usr/local/bin/k3s server 1?000'";
        await host.must(
            `systemd-run --quiet --unit=container unshare --pid --fork --mount-proc bash -c "exec -a '/usr/local/bin/k3s server' sleep 1000"; sleep 0.3`,
        );
        await pvMust(host, `apply ${wanted}`);
        assert.equal((await status(host)).service, "k3s");
        assert.equal((await k3sBack(host)).truth, "image");
        assert.equal(await host.must(alive), "1");
        await host.must("systemctl stop container");
        cases.add({ name: "in a container", told: "done", after: "left running", rerun: "0" });
    });

    it("stopped and disabled after the move: no fault, and no run starts or repairs anything", async () => {
        await host.must("systemctl disable --now k3s");
        const { ok, problems } = await status(host);
        assert.ok(ok, problems.join());
        // The pods of a k3s that was stopped go on writing into the image.
        const facts = async () => (await digest(host)).replaceAll(/^.*k3s\.ext4.*$/gm, "");
        const before = await facts();
        for (let run = 0; run < 2; run++) {
            const output = await pvMust(host, `apply ${wanted}`);
            assert.match(output, /k3s is stopped and disabled, and is left so/);
            assert.doesNotMatch(output, /wrote|\([\d.]+ s\)$/m);
        }
        assert.equal(await facts(), before);
        assert.equal((await look(host)).k3s, "inactive");
        assert.equal(await pvMust(host, `plan ${wanted}`), "");
        await host.powerOff();
        await host.powerOn();
        assert.equal((await look(host)).k3s, "inactive");
        assert.equal((await status(host)).ok, true);
        await host.must("systemctl enable --now k3s");
        assert.equal((await k3sBack(host)).truth, "image");
        cases.add({ name: "switched off after", told: "done", after: "left off", rerun: "0" });
    });
});
