import { cyclesAmong, type Cycle } from "./cycles";
import type { Home } from "./home";
import { ids } from "./machines";
import { worldOf } from "./model";
import type { Question, World } from "./needs";
import { starter, type Order, type Starter } from "./order";
import { pathOf, stationsOf } from "./words";

/** A circle, and which of the two questions it is the answer to. */
export interface Circle {
    readonly question: Question;
    readonly hops: Cycle;
}

export interface Proof {
    readonly world: World;
    /** Starts the house again, without some things say. */
    readonly start: Starter;
    /** How the house starts by itself; what only a rebuild needs is in it without its needs. */
    readonly order: Order;
    /** None, if the house comes back by itself and can be rebuilt: shortest first, those of a power-on before those of a rebuild. */
    readonly circles: readonly Circle[];
    /** There are more than anybody would read. */
    readonly more: boolean;
}

/** Whether a home comes back by itself after a power cut, and can be rebuilt from what lies outside it. Pure. */
export function coldStart(home: Home): Proof {
    const world = worldOf(home);
    const start = starter(world);
    const order = start("power-on");
    const byItself = circlesOf("power-on", world, order);
    // A rebuild's own circles all pass through `up`: the others are told already.
    const rebuilt = circlesOf("rebuild", world, start("rebuild"), ids.up);
    return {
        ...{ world, start, order },
        circles: [...byItself.circles, ...rebuilt.circles],
        more: byItself.more || rebuilt.more,
    };
}

function circlesOf(question: Question, world: World, { stuck }: Order, through?: string) {
    if (stuck.length === 0) {
        return { circles: [], more: false };
    }
    const { cycles, more } = cyclesAmong(world, stuck, { question, through });
    // A hostname and the service behind it look alike: what reads the same is told once.
    const read = new Map<string, Cycle>();
    for (const hops of cycles) {
        const path = pathOf(world, hops);
        read.set(path, read.get(path) ?? hops);
    }
    // As they are read, which may be shorter than what was counted.
    const length = ({ hops }: Circle) => stationsOf(world, hops).length;
    const circles = [...read.values()].map((hops): Circle => ({ question, hops }));
    return { circles: circles.sort((a, b) => length(a) - length(b)), more };
}
