import { bridge, internet, resolvers } from "./facts";
import { run } from "./shell";

/** Every address of the outside that the house's hosts use. */
const outside = [
    ...[internet.api.address, internet.edge.address, internet.telegram.address],
    ...resolvers,
];
/** Before the `local` table, which ensureNetwork keeps at 2: the outside's addresses are this namespace's own. */
const preference = "1";

/**
 * Cuts the house off, or lets it out again: packets that come in from the bridge for an address outside are dropped without a
 * word, as by a router whose line is dead. The hosts still reach each other. Runs inside the lab's network namespace.
 */
export async function setUplink(up: boolean): Promise<void> {
    const cut = await isCut();
    if (up !== cut) {
        return;
    }
    for (const address of outside) {
        const rule = ["pref", preference, "iif", bridge, "to", address, "blackhole"];
        await run("ip", ["rule", up ? "delete" : "add", ...rule]);
    }
}

async function isCut(): Promise<boolean> {
    return (await run("ip", ["rule", "show", "pref", preference])) !== "";
}
