import type { Drill } from "./drill";
import { apiWatch, nodeWatch, publicWatch, tunnelWatch } from "./watches";

/** Cloudflare's API is away, its edge is not. */
export const cloudflare: Drill = {
    name: "cloudflare",
    about: "Cloudflare's API is down when the power comes back, its edge is not: the tunnel does not wait for the API",
    zero: "power on",
    scope: {},
    minutes: 15,
    async break(house) {
        await house.cutPower(house.pis);
        await house.fault("cloudflare-api");
        return [];
    },
    async mend(house) {
        await house.givePower(house.pis);
    },
    milestones: (house) => [
        apiWatch(house, 240),
        ...house.pis.map((pi) => nodeWatch(house, pi, 300)),
        tunnelWatch(house, 300),
        publicWatch(house, 300),
    ],
    async restore(house) {
        await house.clearFaults();
    },
};
