import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { piVolumeScript } from "../../components/pi-volume-script";
import { readCounter } from "../../lab/counter";
import { internetClient } from "../../lab/internet-client";
import { project } from "../../lab/paths";
import { inNamespace, run } from "../../lab/shell";
import { piNamed, ssh } from "../../lab/ssh";
import { checkVolumes } from "../../lab/volumes";
import { sampled } from "../kills/sample";
import { outcome, rekindle, until } from "./lab";

const pi = piNamed("pi2");
const root = (input: string) => ssh(pi, ["sudo", "-n", "bash", "-s"], { input });

/** The Pi as it was before its first `up`: the data on its card. */
async function backToCard(): Promise<void> {
    const restore = ["sudo", "-n", "bash", "-s", "--", "restore", "--node=pi2"];
    await ssh(pi, restore, { input: piVolumeScript() });
}

/** A command line of the lab that can be killed with all that it started. */
function begin(command: string) {
    const child = spawn("sh", ["lab/run.sh", command], { cwd: project, detached: true });
    const ended = outcome(child);
    return { ended, kill: () => process.kill(-(child.pid ?? 0), "SIGKILL") };
}

const copying = async () =>
    until("pi2 to copy", 120, async () =>
        // Of an apply: the restore before it has copied too.
        (
            await root(
                `cd /run/pi-volume; grep -q ^apply current && cat $(head -n 1 current).log || true`,
            )
        ).includes("copied k3s's data while k3s runs (")
            ? true
            : undefined,
    );

// As in tests/volume, but over the real network, sshd and engine, with a real kubelet on the Pi.
describe("a run of pi-volume.sh that loses whoever began it", function () {
    this.timeout(600_000);
    let told = 0;

    beforeEach(async () => {
        await backToCard();
        told = (await readCounter(pi)).told;
    });

    /** k3s runs, on the card or on the image; and the next `up` brings all to its end. */
    async function finishes(): Promise<void> {
        const state = await until("k3s-agent on pi2", 120, async () => {
            const active = await root("systemctl is-active k3s-agent || true").catch(() => "");
            return active.trim() === "active" || undefined;
        });
        assert.ok(state);
        const up = await rekindle("up");
        assert.equal(up.exit, 0, up.output);
        const { checks } = await checkVolumes();
        assert.ok(
            checks.every(({ ok }) => ok),
            JSON.stringify(checks),
        );
        const counted = await readCounter(pi);
        assert.ok(counted.whole && counted.kept >= told, JSON.stringify({ told, counted }));
    }

    const losses: Readonly<Record<string, () => Promise<void>>> = {
        "sshd is killed: `up` fails at once and says so; the run goes on": async () => {
            const { ended } = begin("up");
            await copying();
            await root("pkill -KILL sshd").catch(() => "killed, as meant");
            const { exit, output } = await ended;
            assert.notEqual(exit, 0, output);
            assert.match(output, /remote command exited without exit status/);
        },

        "the engine is killed": async () => {
            const { ended, kill } = begin("up");
            await copying();
            kill();
            await ended;
        },

        "the network swallows everything: `up` fails by itself within two minutes": async () => {
            const { ended } = begin("up");
            await copying();
            const link = (how: string) =>
                run(...inNamespace("ip", ["link", "set", "vb-rekindle-pi2", how]));
            await link("down");
            try {
                const { exit, output } = await ended;
                assert.notEqual(exit, 0, output);
            } finally {
                await link("up");
            }
            // Connections that nobody ended hang for a while after a silence that long, a visitor's too.
            await until("a visitor is answered", 120, async () => {
                const answer = await internetClient().visit("https://git.home.example/");
                return "status" in answer && answer.status === 200 ? true : undefined;
            });
        },
    };
    const names = Object.keys(losses);
    for (const name of sampled("losses of a run in the lab", names, names.slice(0, 1), "lab")) {
        it(name, async () => {
            await losses[name]?.();
            await finishes();
        });
    }
});
