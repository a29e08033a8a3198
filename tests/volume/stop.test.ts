import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rounds, sampled } from "../kills/sample";
import { Cases } from "./cases";
import { drive, Host, until } from "./host";
import { counter, k3sBack, look, pv, pvMust, reset, script, status, told, wanted } from "./volume";

describe("pi-volume.sh, whatever runs beside it", () => {
    const host = new Host("pv-stop");
    const cases = new Cases();

    before(() => host.create());
    after(async () => {
        cases.print();
        await host.remove();
    });
    beforeEach(() => reset(host));

    it("a pod that ignores SIGTERM is killed after its grace", async () => {
        await host.must(
            "touch /etc/fake-k3s/stubborn; pkill -f bin/containerd-shi[m]; systemctl restart k3s",
        );
        const { code, output } = await pv(host, `apply ${wanted}`);
        await host.must("rm /etc/fake-k3s/stubborn");
        assert.equal(code, 0, output);
        const stop = Number(/^k3s stopped \(([\d.]+) s\)$/m.exec(output)?.[1]);
        assert.match(
            output,
            /do not listen to SIGTERM: they have 3 s to end, while k3s still runs/,
        );
        assert.ok(stop < 10, output);
        await k3sBack(host);
        cases.add({ name: "pod ignores SIGTERM", told: "done", after: "on the image", rerun: "-" });
    });

    it("a file held open by somebody else is named before any pod stops", async () => {
        await host.must(
            "systemd-run --unit=backup bash -c 'exec 5<>/var/lib/rancher/k3s/server/db/state; sleep 1000'; sleep 0.3",
        );
        const pid = await host.must("systemctl show -p MainPID --value k3s");
        const result = await pv(host, `apply ${wanted}`);
        assert.equal(result.code, 10, result.output);
        assert.match(
            told(result),
            /(bash|sleep) \(process \d+\) has a file below .* open: end it first/,
        );
        assert.equal(await host.must("systemctl show -p MainPID --value k3s"), pid);
        await host.must("systemctl stop backup");
        await pvMust(host, `apply ${wanted}`);
        cases.add({ name: "file held open", told: told(result), after: "on the card", rerun: "0" });
    });

    /** Becomes unwell once it is stopped: a Pi that is unwell before is refused. */
    const unwellLater = (text: string) =>
        text
            .replace("HEALTH_SECONDS=20", "HEALTH_SECONDS=3")
            .replace(
                /^main "\$@" <\/dev\/null$/m,
                () =>
                    `eval "real_$(declare -f copy_stopped)"\ncopy_stopped() { touch /etc/fake-k3s/unready; real_copy_stopped "$@"; }\nmain "$@" </dev/null`,
            );

    it("k3s that never becomes well: the old copy stays, and the rerun finishes", async () => {
        const result = await pv(host, `apply ${wanted}`, unwellLater(script()));
        assert.equal(result.code, 30, result.output);
        assert.match(told(result), /not healthy within 3 s: .*\(journalctl -u k3s\)/);
        assert.ok((await status(host)).oldCopyBytes > 10_000);
        await host.must("rm /etc/fake-k3s/unready");
        await pvMust(host, `apply ${wanted}`);
        assert.equal((await status(host)).phase, "finalized");
        cases.add({
            name: "k3s not healthy",
            told: told(result),
            after: "image, old copy kept",
            rerun: "0",
        });
    });

    it("a node that is not Ready counts as not well, though the kubelet answers", async () => {
        const blind = unwellLater(script().replace("kubelet_answers && node_ready", "node_ready"));
        const { code } = await pv(host, `apply ${wanted} --node=pi1`, blind);
        await host.must("rm /etc/fake-k3s/unready");
        assert.equal(code, 30);
    });

    it("a k3s that nobody runs is moved and started", async () => {
        await host.must("systemctl stop k3s");
        await pvMust(host, `apply ${wanted}`);
        assert.equal((await k3sBack(host)).truth, "image");
    });

    /** Starts an apply and ends it once it has printed something, as a lost connection does. */
    async function clientKilled(signal: NodeJS.Signals): Promise<void> {
        const child = spawn("nsenter", [
            ...host.entry(),
            "bash",
            "-s",
            "--",
            "apply",
            ...wanted.split(" "),
        ]);
        child.stdin.end(slow);
        await once(child.stdout, "data");
        child.kill(signal);
        await once(child, "exit");
    }
    // Long enough in the phase without k3s for others to come.
    const slow = script().replace(
        /^main "\$@" <\/dev\/null$/m,
        `eval "real_$(declare -f copy_stopped)"\ncopy_stopped() { sleep 1; real_copy_stopped "$@"; }\nmain "$@" </dev/null`,
    );

    for (const signal of sampled<NodeJS.Signals>(
        "signals to the client",
        ["SIGKILL", "SIGHUP", "SIGPIPE"],
        ["SIGHUP"],
    )) {
        it(`the client ends by ${signal}: the run continues, and the next one attaches`, async () => {
            await clientKilled(signal);
            const second = await pv(host, `apply ${wanted}`, slow);
            assert.equal(second.code, 0, second.output);
            assert.match(second.output, /attached to the run in progress/);
            assert.match(
                second.output,
                /^made the image's file system \(/m,
                "shows the log from its beginning",
            );
            assert.equal((await k3sBack(host)).truth, "image");
            cases.add({
                name: `client killed by ${signal}`,
                told: told(second),
                after: "on the image",
                rerun: "0",
            });
        });
    }

    it("the client ends and nobody comes back: the run comes to its end by itself", async () => {
        await clientKilled("SIGKILL");
        await until("the run to end", async () => (await status(host)).phase === "finalized");
        assert.equal((await k3sBack(host)).truth, "image");
    });

    it("two at once are one run, and both are told the same", async () => {
        const both = await Promise.all([
            pv(host, `apply ${wanted}`, slow),
            pv(host, `apply ${wanted}`, slow),
        ]);
        assert.deepEqual(
            both.map(({ code }) => code),
            [0, 0],
        );
        const runs = both.filter(({ output }) => /attached/.test(output)).length;
        assert.equal(runs, 1);
        cases.add({
            name: "two at once",
            told: "attached to the run",
            after: "on the image",
            rerun: "0",
        });
    });

    it("a restore that comes during an apply waits for its turn", async () => {
        const applying = pv(host, `apply ${wanted}`, slow);
        await until(
            "the apply to run",
            async () => (await host.exec("test -e /run/pi-volume/stopped")).code === 0,
        );
        const restoring = await pv(host, "restore");
        assert.deepEqual([(await applying).code, restoring.code], [0, 0], restoring.output);
        assert.equal((await k3sBack(host)).truth, "card");
        cases.add({
            name: "restore during apply",
            told: told(restoring),
            after: "on the card",
            rerun: "0",
        });
    });

    it("a job killed at random moments: k3s always runs again, the counter never goes back", async () => {
        let had = await counter(host);
        const all = rounds(2, 8);
        for (let round = 0; round < all; round++) {
            const running = pv(host, `apply ${wanted}`);
            const wait = Math.random() * 2.5;
            await host.exec(`sleep ${wait}; systemctl kill --signal=KILL pi-volume`);
            await running;
            const seen = await k3sBack(host);
            assert.ok(seen.counter >= had, `after ${wait} s: ${seen.counter} after ${had}`);
            had = seen.counter;
        }
        await pvMust(host, `apply ${wanted}`);
        cases.add({ name: `${all} random kills`, told: "-", after: "k3s active", rerun: "0" });
    });

    it("no line is long enough to hang the provider, whatever a tool prints", async () => {
        const loud = script().replace(
            '    timed "copied k3s\'s data while k3s runs"',
            `    head -c 200000 /dev/zero | tr '\\0' x; printf 'a\\rb\\n'\n    timed "copied k3s's data while k3s runs"`,
        );
        const { code, output } = await pv(host, `apply ${wanted}`, loud);
        assert.equal(code, 0);
        assert.ok(Math.max(...output.split("\n").map((line) => line.length)) < 4096);
        assert.doesNotMatch(output, /\r/);
    });

    it("a login shell that is not bash, and a sudo that asks for a password", async () => {
        await host.must(
            "useradd -m -s /bin/dash pi 2>/dev/null; echo 'pi ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/pi; chmod 440 /etc/sudoers.d/pi",
        );
        const login = (command: string) => `su - pi -c '${command}'`;
        const status = `sudo -n bash -s -- status --drive=${drive}`;
        const well = await host.exec(login(status), script());
        assert.equal(well.code, 0, well.output);
        await host.must("rm /etc/sudoers.d/pi");
        const asked = await host.exec(login(status), script());
        assert.match(asked.output, /sudo: a password is required/);
        assert.notEqual(asked.code, 0);
        assert.equal((await look(host)).truth, "card");
    });
});
