import assert from "node:assert/strict";
import { PiVolume, switchOrder, type PiVolumeArgs } from "../components/pi-volume";
import { piVolumeScript } from "../components/pi-volume-script";
import { registrations, the, type Registration } from "./registrations";
import { node } from "./right-config";

const type = "command:remote:Command";
const privateKey = "the-private-key";
const agent: PiVolumeArgs = {
    ...{ name: "pi2", address: "192.168.1.12", role: "agent", hostKey: node.hostKey, privateKey },
    volume: { drive: "/mnt/external", size: "2TiB" },
};
const server: PiVolumeArgs = {
    ...{ ...agent, name: "pi1", address: "192.168.1.11", role: "server" },
    volume: { drive: "/mnt/usb", size: "512MiB", onDestroy: "keep", onExistingImage: "adopt" },
};

/** One volume after the other, as index.ts makes them. */
async function made(...all: PiVolumeArgs[]): Promise<Registration[]> {
    return registrations((options) => {
        all.reduce<PiVolume | undefined>(
            (before, args) => new PiVolume(`volume-${args.name}`, args, before, options),
            undefined,
        );
    });
}
const commands = (all: Registration[], name: string) =>
    Object.fromEntries(
        ["guardian", "prepare", "switch", "finalize"].map((step) => {
            const { create, update, delete: deleted } = the(all, type, `${name}-${step}`).inputs;
            return [step, { create, update, delete: deleted }];
        }),
    );

describe("PiVolume", () => {
    it("applies phase by phase, and restores when it is deleted", async () => {
        const apply = (until: string) => ({
            create: `sudo -n bash -s -- apply --node=pi2 --drive=/mnt/external --size=2048G --existing=refuse --until=${until}`,
            ...{ update: undefined, delete: undefined },
        });
        assert.deepEqual(commands(await made(agent), "volume-pi2"), {
            guardian: {
                ...{ create: "cat >/dev/null", update: undefined },
                delete: "sudo -n bash -s -- restore --node=pi2",
            },
            ...{ prepare: apply("prepared"), switch: apply("switched") },
            finalize: apply("finalized"),
        });
    });

    it("adopts an image and keeps it on destroy when told so", async () => {
        const { guardian, prepare } = commands(await made(server), "volume-pi1");
        assert.equal(guardian?.delete, undefined);
        assert.match(String(prepare?.create), /--drive=\/mnt\/usb --size=512M --existing=adopt/);
    });

    it("binds, fits k3s's settings and writes zeros only when told so", async () => {
        const volume = { drive: "/mnt/usb", size: "20GiB", k3sSettings: true } as const;
        const more = { bind: ["pod-logs", "kubelet"], reserve: "zeros" } as const;
        const { prepare } = commands(
            await made({ ...agent, volume: { ...volume, ...more } }),
            "volume-pi2",
        );
        assert.match(
            String(prepare?.create),
            /--until=prepared --bind=kubelet,pod-logs --k3s-settings=fit --reserve=zeros$/,
        );
    });

    it("quotes a drive's path for the shell on the Pi where that is needed, and keeps every other command as it was", async () => {
        const create = async (drive: string) => {
            const all = await made({ ...agent, volume: { ...agent.volume, drive } });
            return String(the(all, type, "volume-pi2-switch").inputs["create"]);
        };
        const rest = "--size=2048G --existing=refuse --until=switched";
        for (const [drive, word] of [
            ["/mnt/a-b_c.d", "/mnt/a-b_c.d"],
            ["/media/pi/My Passport", "'/media/pi/My Passport'"],
            ["/mnt/Größe", "'/mnt/Größe'"],
            ["/mnt/a (1)", "'/mnt/a (1)'"],
        ] as const) {
            const apply = `sudo -n bash -s -- apply --node=pi2 --drive=${word} ${rest}`;
            assert.equal(await create(drive), apply);
        }
    });

    it("names its steps after a node whose name has dots", async () => {
        const args = { ...agent, name: "pi2.home.lan" };
        const { guardian, prepare } = commands(await made(args), "volume-pi2.home.lan");
        assert.equal(guardian?.delete, "sudo -n bash -s -- restore --node=pi2.home.lan");
        assert.match(String(prepare?.create), / --node=pi2\.home\.lan --drive=/);
    });

    it("lets a volume shrink or move only when told so, and has no trace of it otherwise", async () => {
        const component = async (args: PiVolumeArgs) => {
            const all = await made(args);
            const { inputs } = the(all, "rekindle:index:PiVolume", "volume-pi2");
            return { inputs, steps: commands(all, "volume-pi2") };
        };
        const plain = await component(agent);
        assert.deepEqual(await component({ ...agent, confirmed: false }), plain);
        const { inputs, steps } = await component({ ...agent, confirmed: true });
        assert.deepEqual(inputs, { ...plain.inputs, confirmed: true });
        for (const step of ["prepare", "switch", "finalize"]) {
            const create = String(plain.steps[step]?.create);
            assert.equal(steps[step]?.create, `${create} --confirmed`);
        }
        assert.deepEqual(steps["guardian"], plain.steps["guardian"]);
    });

    it("sends the whole script on standard input, to the pinned host only, and without environment", async () => {
        const { inputs, secrets } = the(await made(agent), type, "volume-pi2-switch");
        assert.equal(inputs["stdin"], piVolumeScript());
        assert.equal(inputs["addPreviousOutputInEnv"], false);
        assert.equal(inputs["environment"], undefined);
        assert.deepEqual(inputs["connection"], {
            ...{ host: "192.168.1.12", port: 22, user: "pi", privateKey, hostKey: node.hostKey },
            ...{ dialErrorLimit: 10, perDialTimeout: 15 },
        });
        assert.ok(secrets.includes("connection"));
    });

    it("runs switch and finalize again when told to mend, and leaves them alone when nobody asked the Pi", async () => {
        const steps = ["prepare", "switch", "finalize"];
        const told = await made({ ...agent, repair: "2026-01-02" });
        assert.deepEqual(
            steps.map((step) => the(told, type, `volume-pi2-${step}`).inputs["stdin"]),
            ["", ...Array<string>(2).fill('set -- "$@" --repair=2026-01-02\n')].map(
                (line) => line + piVolumeScript(),
            ),
        );
        const ignored = async (args: PiVolumeArgs) => {
            const all = await made(args);
            return steps.map((step) => the(all, type, `volume-pi2-${step}`).options.ignoreChanges);
        };
        assert.deepEqual(await ignored({ ...agent, repair: "" }), [
            undefined,
            undefined,
            undefined,
        ]);
        assert.deepEqual(await ignored(agent), [undefined, ["stdin"], ["stdin"]]);
    });

    // `triggers` replace, and the deletion of what was replaced would restore to the card what the new one has just moved.
    it("never has triggers", async () => {
        for (const { inputs } of (await made(agent, server)).filter((each) => each.type === type)) {
            assert.equal(inputs["triggers"], undefined);
        }
    });

    it("switches one Pi at a time, prepares all at once, and is guarded before it begins", async () => {
        const all = await made(agent, server);
        const needs = (name: string) => the(all, type, name).dependsOn;
        assert.deepEqual(needs("volume-pi2-guardian"), []);
        assert.deepEqual(needs("volume-pi1-guardian"), [`${type}::volume-pi2-guardian`]);
        assert.deepEqual(needs("volume-pi1-prepare"), [`${type}::volume-pi1-guardian`]);
        assert.deepEqual(needs("volume-pi1-switch"), [
            `${type}::volume-pi1-prepare`,
            `${type}::volume-pi2-switch`,
        ]);
        assert.deepEqual(needs("volume-pi1-finalize"), [`${type}::volume-pi1-switch`]);
    });

    it("has no command for a Pi that is away, so that nothing connects to it", async () => {
        for (const step of Object.values(
            commands(await made({ ...agent, away: true }), "volume-pi2"),
        )) {
            assert.deepEqual(Object.values(step), [undefined, undefined, undefined]);
        }
    });
});

describe("switchOrder", () => {
    it("has the agents first, and leaves the order otherwise", () => {
        const names = switchOrder([server, agent, { ...agent, name: "pi3" }]).map(
            ({ name }) => name,
        );
        assert.deepEqual(names, ["pi2", "pi3", "pi1"]);
    });

    it("takes a home whose Pis are all agents", async () => {
        const agents = [agent, { ...agent, name: "pi3" }];
        assert.deepEqual(switchOrder(agents), agents);
        const all = await made(...agents);
        assert.deepEqual(the(all, type, "volume-pi3-switch").dependsOn, [
            `${type}::volume-pi2-switch`,
            `${type}::volume-pi3-prepare`,
        ]);
    });
});
