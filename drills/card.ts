import { oneAgent, type Drill } from "./drill";
import { bootWatches } from "./watches";

/** A card that is full to the last block. */
export const card: Drill = {
    name: "card",
    about: "one Pi's card is full when it boots: k3s, whose data is on the drive, runs all the same",
    zero: "power on, with the card full",
    scope: {},
    minutes: 10,
    async break(house) {
        const pi = oneAgent(house);
        await house.fillCard(pi);
        const left = await house.ssh(pi, "df --output=avail -k / | tail -n 1");
        await house.cutPower([pi]);
        return [
            {
                name: `${pi.name}'s card is full`,
                // What runs there writes a little and frees a little all the time.
                ok: Number(left) < 4096,
                detail: `${left.trim()} KiB left`,
            },
        ];
    },
    async mend(house) {
        await house.givePower([oneAgent(house)]);
    },
    milestones: (house) => bootWatches(house, oneAgent(house)),
    async restore(house) {
        await house.freeCard(oneAgent(house));
    },
};
