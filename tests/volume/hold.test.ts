import assert from "node:assert/strict";
import { rarely } from "../kills/sample";
import { Cases } from "./cases";
import { drive, Host } from "./host";
import { counter, k3sBack, killedAt, pv, pvMust, replacing, reset, status, told } from "./volume";
import { wanted } from "./volume";

const apply = `apply ${wanted}`;

describe("somebody starts k3s while it is stopped", () => {
    const host = new Host("pv-hold");
    const cases = new Cases();
    let had = 0;

    before(async () => {
        await host.create();
        // The stop's copy takes longer than the watchdog sleeps, and k3s's own stop too.
        await host.must(
            [
                "mkdir -p /var/lib/rancher/k3s/many /etc/systemd/system/k3s.service.d",
                "cd /var/lib/rancher/k3s/many; for n in {1..5000}; do echo $n >$n; done",
                "printf '[Service]\\nExecStop=/bin/sleep 0.7\\n' >/etc/systemd/system/k3s.service.d/slow.conf",
                "systemctl daemon-reload",
            ].join("\n"),
        );
    });
    after(async () => {
        cases.print();
        await host.remove();
    });
    beforeEach(async () => {
        await host.exec("systemctl stop watchdog byhand.scope");
        await reset(host);
        had = await counter(host);
    });

    /** k3s runs there, every file is there, and both k3s and its pod write into that copy and no other. */
    async function goesOn(truth: "card" | "image"): Promise<number> {
        const seen = await k3sBack(host);
        assert.equal(seen.truth, truth);
        assert.ok(seen.counter >= had, `the counter went back from ${had} to ${seen.counter}`);
        const files = "cat /var/lib/rancher/k3s/many/* | sha256sum; seq 5000 | sort | sha256sum";
        const [all, whole] = (await host.must(files.replace("*", "* | sort"))).split("\n");
        assert.equal(all, whole);
        const pod = "stat -c %s /var/lib/rancher/k3s/agent/pod/upper/log";
        await host.must(
            `from=$(${pod}); timeout 20 sh -c "until [ \\$(${pod}) -gt $from ]; do sleep 0.1; done"`,
        );
        return seen.counter;
    }

    /** Starts k3s all the time, as monit, a cron job or Ansible may. */
    async function watchdog(): Promise<void> {
        await host.must(
            "systemd-run --unit=watchdog bash -c 'while :; do systemctl start k3s; sleep 0.2; done'",
        );
    }

    it("a watchdog, during the whole apply: it moves, and nothing is lost", async () => {
        await watchdog();
        const result = await pv(host, apply);
        assert.equal(result.code, 0, result.output);
        await goesOn("image");
        await host.must("systemctl is-active watchdog");
        assert.equal((await status(host)).ok, true);
        cases.add({
            name: "watchdog, apply",
            told: told(result),
            after: "on the image",
            rerun: "0",
        });
    });

    it("a watchdog, during a restore, a growth with k3s stopped and a bind", async () => {
        await pvMust(host, apply);
        await watchdog();
        await host.must(
            `printf '#!/bin/sh\\ncase $1 in /dev/loop*) exit 1 ;; esac\\nexec /usr/sbin/resize2fs "$@"\\n' >/usr/local/bin/resize2fs; chmod +x /usr/local/bin/resize2fs`,
        );
        for (const command of [`apply --drive=${drive} --size=320M --bind=kubelet`, "restore"]) {
            const result = await pv(host, command);
            assert.equal(result.code, 0, result.output);
            had = await goesOn(command === "restore" ? "card" : "image");
            const after = command === "restore" ? "on the card" : "on the image";
            const name = `watchdog, ${command.split(" ")[0] ?? ""}`;
            cases.add({ name, told: told(result), after, rerun: "0" });
        }
        await host.must("rm /usr/local/bin/resize2fs");
    });

    /** k3s's own service could not begin beside it, and tries again. */
    async function endByHand(): Promise<void> {
        await host.must("systemctl stop byhand.scope; systemctl restart k3s");
    }

    it("k3s started by hand right after the last copy: nothing is switched, and the process is named", async () => {
        const byHand = replacing(
            "copy_stopped",
            'real_copy_stopped "$@"; (systemd-run --quiet --scope --unit=byhand --setenv=NOTIFY_SOCKET=/run/systemd/notify /usr/local/bin/k3s server >/dev/null 2>&1 7>&- &); until [[ -n $(k3s_processes) ]]; do sleep 0.1; done; sleep 0.5',
        );
        const result = await pv(host, apply, byHand);
        assert.equal(result.code, 20, result.output);
        assert.match(
            told(result),
            /somebody started k3s while it was stopped \(process \d+\): end what starts it/,
        );
        assert.doesNotMatch(await host.must("cat /etc/fstab"), /k3s\.ext4/);
        had = await counter(host);
        const again = await pv(host, apply);
        assert.equal(again.code, 10, again.output);
        assert.match(told(again), /k3s runs without a systemd service \(process \d+\)/);
        await endByHand();
        await goesOn("card");
        await pvMust(host, apply);
        await goesOn("image");
        cases.add({
            name: "by hand, after the copy",
            told: told(result),
            after: "on the card",
            rerun: `10, then 0`,
        });
    });

    rarely("pods started by hand right after the last copy: nothing is switched", async () => {
        const byHand = replacing(
            "copy_stopped",
            `real_copy_stopped "$@"; (systemd-run --quiet --scope --unit=byhand /var/lib/rancher/k3s/data/abc/bin/containerd-shim-runc-v2 -c 'sleep 1000 & wait' >/dev/null 2>&1 7>&- &); sleep 0.5`,
        );
        const result = await pv(host, apply, byHand);
        assert.equal(result.code, 20, result.output);
        assert.match(told(result), /somebody started pods while k3s was stopped \(process \d+/);
        await endByHand();
        await goesOn("card");
        await pvMust(host, apply);
        await goesOn("image");
        const name = "a pod by hand, after the copy";
        cases.add({ name, told: told(result), after: "on the card", rerun: "0" });
    });

    rarely("k3s started by hand during a restore: the image stays the truth", async () => {
        await pvMust(host, apply);
        had = await counter(host);
        const byHand = replacing(
            "copy_stopped",
            'real_copy_stopped "$@"; (systemd-run --quiet --scope --unit=byhand --setenv=NOTIFY_SOCKET=/run/systemd/notify /usr/local/bin/k3s server >/dev/null 2>&1 7>&- &); until [[ -n $(k3s_processes) ]]; do sleep 0.1; done; sleep 0.5',
        );
        const result = await pv(host, "restore", byHand);
        assert.equal(result.code, 30, result.output);
        assert.match(told(result), /somebody started k3s while it was stopped/);
        await endByHand();
        await goesOn("image");
        const name = "by hand, restore";
        cases.add({ name, told: told(result), after: "on the image", rerun: "0" });
    });

    for (const point of ["after stop_k3s", "after copy_stopped"]) {
        rarely(
            `the job is killed ${point}, and the watchdog keeps starting it: k3s comes back by itself`,
            async () => {
                await watchdog();
                const result = await pv(host, apply, killedAt(point));
                assert.equal(result.code, 20, result.output);
                had = await goesOn("card");
                await pvMust(host, apply);
                await goesOn("image");
                const name = `watchdog, killed ${point}`;
                cases.add({ name, told: told(result), after: "on the card", rerun: "0" });
            },
        );
    }

    rarely(
        "the job is killed while k3s is stopped, and nobody starts k3s: it comes back by itself",
        async () => {
            const result = await pv(host, apply, killedAt("after copy_stopped"));
            assert.equal(result.code, 20, result.output);
            await goesOn("card");
            const name = "killed after copy_stopped";
            cases.add({ name, told: told(result), after: "on the card", rerun: "0" });
        },
    );

    it("a Pi that loses its power while k3s is stopped starts it at its next boot", async () => {
        const waits = replacing(
            "copy_stopped",
            'real_copy_stopped "$@"; touch /run/copied; sleep 300',
        );
        const run = pv(host, apply, waits).catch(() => undefined);
        await host.must("timeout 60 sh -c 'until [ -e /run/copied ]; do sleep 0.1; done'");
        await host.cut();
        await run;
        await host.powerOn();
        await goesOn("card");
        await pvMust(host, apply);
        await goesOn("image");
        cases.add({ name: "power cut", told: "-", after: "on the card", rerun: "0" });
    });
});
