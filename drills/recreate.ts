import type { Drill } from "./drill";
import type { House } from "./house";
import { isServed } from "./hostnames";
import type { Check } from "./record";
import { publicWatch, tunnelWatch } from "./watches";

/** The stack is destroyed and made anew. */
export const recreate: Drill<House> = {
    name: "recreate",
    about: "the whole stack is destroyed and made anew: the same hostnames, another tunnel, nobody else's records touched",
    zero: "destroy begins",
    scope: {},
    minutes: 20,
    remakes: "stack",
    async refuses(house) {
        // The engine would stop at those, with all the rest gone.
        return ((await house.kept?.()) ?? []).map(
            (name) =>
                `${name} is protected, and \`destroy\` stops at it: put \`confirm: [tunnel]\` into the configuration and run \`up\` first`,
        );
    },
    async break() {
        return Promise.resolve([]);
    },
    async mend(house) {
        await run(house, "destroy");
        const left = (await house.tunnels()).filter(
            ({ name, deleted }) => name === house.tunnelName && !deleted,
        );
        if (left.length > 0) {
            throw new Error(
                `\`destroy\` ended well, and the tunnel ${house.tunnelName} is still there.`,
            );
        }
        await run(house, "up");
    },
    milestones: (house) => [tunnelWatch(house, 600), publicAgain(house)],
    async verify(house) {
        return Promise.all(house.hostnames.map(async (hostname) => served(house, hostname)));
    },
};

/** What answers before the old tunnel is gone does not count. */
function publicAgain(house: House) {
    const { look, ...rest } = publicWatch(house, 600);
    const tunnel = tunnelWatch(house, 600);
    return {
        ...rest,
        look: async (zero: number) => (await tunnel.look(zero)) !== false && look(zero),
    };
}

async function run(house: House, command: "up" | "destroy"): Promise<void> {
    const { ok, output } = await house.pulumi(command);
    if (!ok) {
        throw new Error(
            `\`${command}\` failed: ${output.trim().split("\n").slice(-8).join("\n")}\nRun \`npm start\` in the lab, \`pulumi up\` at home, to converge.`,
        );
    }
}

async function served(house: House, hostname: string): Promise<Check> {
    const answer = await house.visit(`https://${hostname}/`);
    return { name: `GET https://${hostname}/`, ok: isServed(answer), detail: String(answer) };
}
