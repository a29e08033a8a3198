import { ids } from "./machines";
import type { Need, Place, Thing } from "./needs";
import type { Proof } from "./proof";

export const placeWords: Readonly<Record<Place, string>> = {
    outside: "outside the house",
    house: "in the house",
    cluster: "in k3s",
    unknown: "unknown",
};

/** A hostname is called what serves it where people talk; beside that, here, it is itself. */
export const nameOf = ({ id, label }: Thing): string =>
    id.startsWith("hostname:") ? id.slice("hostname:".length) : label;

/** What is shown of a power-on: without what only a rebuild needs, in the order in which it starts, what never starts last. */
export function shownThings({ world, order }: Proof): Thing[] {
    const step = ({ id }: Thing) => order.steps.get(id) ?? Infinity;
    const needed = new Set(powerOnNeeds(world.needs).flatMap(({ to }) => to));
    const isForRebuild = ({ id }: Thing) => id === ids.up || (isForUp(id) && !needed.has(id));
    const isIdle = ({ id }: Thing) => id === ids.telegram && !needed.has(id);
    return [...world.things.values()]
        .filter((thing) => !isForRebuild(thing) && !isIdle(thing))
        .sort((a, b) => step(a) - step(b) || 0);
}

export const powerOnNeeds = (needs: readonly Need[]) =>
    needs.filter(({ when }) => when === "power-on");

/** What nobody told, of everything: a rebuild's stores too. */
export function unknowns({ world }: Proof): string[] {
    return [...world.things.values()].flatMap(({ label, unknown }) =>
        unknown === undefined ? [] : [`${label}: ${unknown}`],
    );
}

/** What it takes to rebuild the house is not known, as long as a part of it is not. */
export function unknownForRebuild({ world }: Proof): string[] {
    return [...world.things.values()]
        .filter(({ id, unknown }) => isForUp(id) && unknown !== undefined)
        .map(({ label }) => label);
}

/** What `pulumi up` reads and asks. */
const isForUp = (id: string) => id.startsWith("store:") || id === ids.clusterApi;
