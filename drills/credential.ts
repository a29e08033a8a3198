import type { Drill } from "./drill";
import { publicWatch, tunnelWatch } from "./watches";

/** A token that somebody revoked. */
export const credential: Drill = {
    name: "credential",
    about: "the DNS token was revoked when the power comes back: the tunnel serves without it, and `up` brings the new one",
    zero: "power on",
    scope: {},
    minutes: 15,
    remakes: "dns-token",
    async break(house) {
        await house.cutPower(house.pis);
        await house.revokeDnsToken();
        return [];
    },
    async mend(house) {
        await house.givePower(house.pis);
    },
    milestones: (house) => [tunnelWatch(house, 300), publicWatch(house, 300)],
    async restore(house) {
        const { ok, output } = await house.pulumi("up");
        if (!ok) {
            throw new Error(
                `\`up\` with the new token failed: ${output.trim().split("\n").slice(-8).join("\n")}`,
            );
        }
    },
};
