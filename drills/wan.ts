import type { Drill } from "./drill";
import { waitFor } from "./wait-for";
import { nodeWatch, publicWatch, tunnelWatch } from "./watches";

/** The provider is away when the power comes back. */
export const wan: Drill = {
    name: "wan",
    about: "the power comes back before the uplink does: the cluster runs without it, and the tunnel follows the uplink",
    zero: "the uplink is back",
    scope: {},
    minutes: 15,
    async break(house) {
        await house.cutPower(house.pis);
        await house.fault("uplink");
        await house.givePower(house.pis);
        const nodes = house.pis.map((pi) => nodeWatch(house, pi, 240));
        const ready = await waitFor(nodes);
        const answer = await house.visit(`https://${house.hostnames[0] ?? ""}/`);
        return [
            {
                name: "the cluster runs without the uplink",
                ok: ready.length === 0,
                detail: ready.join("; ") || "every node is Ready",
            },
            { name: "no visitor gets through", ok: answer !== 200, detail: String(answer) },
        ];
    },
    async mend(house) {
        await house.clearFaults();
    },
    milestones: (house) => [tunnelWatch(house, 120), publicWatch(house, 120)],
};
