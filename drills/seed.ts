import { seed as leftovers } from "../lab/seed-leftovers";
import type { Drill, Watch } from "./drill";
import type { LabHouse } from "./lab-house";
import { applySeedDesign, coolCache, seedUrl } from "./seed-design";
import { publicWatch } from "./watches";

/** Seconds that the seed's design is waited for: several times what this house needs. */
const patience = 120;

/** The design that this project began with, at the same power cut: it must wait for itself for ever. */
export const seed: Drill = {
    name: "seed",
    about: "the seed's design beside this house at one power cut: its init container's image comes through its own tunnel",
    zero: "power on",
    scope: {},
    minutes: 20,
    async prepare(house) {
        await applySeedDesign(house, true);
    },
    async break(house) {
        await coolCache(house);
        await house.cutPower(house.pis);
        return [];
    },
    async mend(house) {
        await house.givePower(house.pis);
    },
    milestones: (house) => [publicWatch(house, 300), seedWatch(house)],
    async verify(house) {
        const why = await waitsFor(house);
        return [
            {
                name: "the seed's pod waits for its own tunnel",
                ok: why !== "",
                detail: why || "the kubelet has not failed to pull its image",
            },
        ];
    },
    async measure(_house, milestones) {
        const seen = milestones.find(({ expected }) => expected === "never");
        return Promise.resolve({ deadlocked: seen?.at === null });
    },
};

function seedWatch(house: LabHouse): Watch {
    return {
        ...{ name: "first public 200 of the seed's design", limit: patience, never: true },
        look: async () => (await house.visit(seedUrl)) === 200,
    };
}

/** Why its init container does not run, in the kubelet's words; empty when that was never said. */
async function waitsFor(house: LabHouse): Promise<string> {
    const failed = ["get", "events", "-n", leftovers.namespace, "--field-selector=reason=Failed"];
    const path = 'jsonpath={range .items[*]}{.lastTimestamp} {.message}{"\\n"}{end}';
    const messages = (await house.kube(...failed, "-o", path)).split("\n");
    return messages.filter((message) => message.includes("Failed to pull image")).at(-1) ?? "";
}
