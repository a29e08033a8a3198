import { bareFloor, bareWatch, removeBare, runBare } from "./bare-pod";
import type { Drill } from "./drill";
import type { House } from "./house";
import { apiWatch, bootWatches, publicWatch, tunnelWatch } from "./watches";

/** The power goes and comes back. */
export const cold: Drill<House> = {
    name: "cold",
    about: "the power of the whole house is cut and comes back: everything returns by itself",
    zero: "power on",
    scope: {},
    minutes: 15,
    async prepare(house) {
        await runBare(house);
    },
    async break(house) {
        await house.cutPower(house.pis);
        const answer = await house.visit(`https://${house.hostnames[0] ?? ""}/`);
        await house.awaitPower();
        return [{ name: "the house is dark", ok: answer !== 200, detail: String(answer) }];
    },
    async mend(house) {
        await house.givePower(house.pis);
    },
    milestones: (house) => [
        ...house.pis.flatMap((pi) => bootWatches(house, pi)),
        apiWatch(house, 240),
        bareWatch(house, 300),
        tunnelWatch(house, 300),
        publicWatch(house, 300),
    ],
    measure: bareFloor,
    restore: removeBare,
};
