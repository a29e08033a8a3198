import { oneAgent, type Drill } from "./drill";
import { bootWatches } from "./watches";
import type { Config } from "./house";

/** A dead card: one Pi comes back from a freshly flashed one, its drive as it was. */
export const reimage: Drill = {
    name: "reimage",
    about: "one Pi gets a new card and keeps its drive: `up` mounts the image as it is, and the node joins again",
    zero: "power on, with the new card",
    scope: {},
    minutes: 15,
    async break(house) {
        const pi = oneAgent(house);
        await house.powerOff(pi);
        await house.newCard(pi);
        return [];
    },
    async mend(house) {
        const pi = oneAgent(house);
        await house.powerOn(pi);
        // The image on the drive may be the only good copy: without this word it is not touched.
        const { ok, output } = await house.pulumi("up", adopting(pi.name));
        if (!ok) {
            throw new Error(`\`up\` failed: ${output.trim().split("\n").slice(-8).join("\n")}`);
        }
        await house.forgetOldCard(pi);
    },
    milestones: (house) => bootWatches(house, oneAgent(house)),
    async restore(house) {
        // The word is taken back.
        await house.pulumi("up");
    },
};

function adopting(name: string): (config: Config) => void {
    return (config) => {
        const nodes = config["rekindle:nodes"] as { name: string; volume: Config }[];
        for (const node of nodes.filter((one) => one.name === name)) {
            node.volume["onExistingImage"] = "adopt";
        }
    };
}
