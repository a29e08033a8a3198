import { card } from "./card";
import { cloudflare } from "./cloudflare";
import { cold } from "./cold";
import { credential } from "./credential";
import type { Drill } from "./drill";
import { drive } from "./drive";
import type { House } from "./house";
import { recreate } from "./recreate";
import { registry } from "./registry";
import { reimage } from "./reimage";
import { seed } from "./seed";
import { applySeedDesign, coolCache } from "./seed-design";
import { wan } from "./wan";

/** What can be done to a real home: nothing else is safe to break there. */
export const homeDrills: readonly Drill<House>[] = [cold, recreate];

/** In the lab `cold` has the seed's services too and the same cold cache, so that both stand side by side. */
const coldInLab: Drill = {
    ...cold,
    async prepare(house) {
        await cold.prepare?.(house);
        await applySeedDesign(house, false);
    },
    async break(house) {
        await coolCache(house);
        return cold.break(house);
    },
};

/** All of the lab's, in the order of `all`: the cold start first, and what it is compared with beside it. */
export const labDrills: readonly Drill[] = [
    ...[coldInLab, seed, wan, cloudflare, registry],
    ...[credential, drive, card, reimage, recreate],
];

/**
 * Those that a name stands for.
 * @throws for a name that is none, with those that there are
 */
export function chosen<D extends { readonly name: string }>(
    name: string,
    drills: readonly D[],
): readonly D[] {
    const found = name === "all" ? drills : drills.filter((drill) => drill.name === name);
    if (found.length === 0) {
        const names = drills.map((drill) => drill.name).join(", ");
        throw new Error(`There is no drill "${name}" here: use all, ${names}. Nothing was broken.`);
    }
    return found;
}
