import type { Check, DrillRecord, Milestone } from "./record";
import type { House, Pi } from "./house";
import type { Scope } from "./mute";
import { Refused } from "./readable";
import type { Remade } from "./snapshot";
import type { LabHouse } from "./lab-house";

/** A moment on the way back, seen by looking again and again. */
export interface Watch {
    readonly name: string;
    /** The Pi it is about. @default the whole house */
    readonly host?: string;
    /** Seconds from the drill's zero after which it counts as missed. */
    readonly limit: number;
    /** It must not come: seen within `limit`, the drill fails. @default false */
    readonly never?: boolean;
    /**
     * @param zero the drill's second 0, in milliseconds since 1970
     * @returns whether it has come; with a number, when it did (milliseconds since 1970); undefined: not yet. What throws counts as not yet.
     */
    readonly look: (zero: number) => Promise<boolean | number>;
}

/** One drill: breaks the house, and says by what the house is known to be back. The runner does all that drills share. */
export interface Drill<H extends House = LabHouse> {
    readonly name: string;
    /** One line: what is broken, and what must come of it. */
    readonly about: string;
    /** What second 0 is, e.g. "power on". */
    readonly zero: string;
    /** Whose alerts keep quiet. */
    readonly scope: Scope;
    /** The longest that it may take, in minutes; no mute outlives it. */
    readonly minutes: number;
    /** Why this house must not be broken like this: one sentence each. @default nothing */
    refuses?(house: H): Promise<readonly string[]>;
    /** Makes what the drill needs; nothing is broken yet. */
    prepare?(house: H): Promise<void>;
    /** Breaks the house, and looks at it while it is broken. */
    break(house: H): Promise<readonly Check[]>;
    /** Ends what was broken; second 0 is when it begins. */
    mend(house: H): Promise<void>;
    /** The moments that are waited for from then on. */
    milestones(house: H): readonly Watch[];
    /** What else must be true once all of them have come. */
    verify?(house: H): Promise<readonly Check[]>;
    /** What only the record of this drill holds, e.g. the floor of a cold start. */
    measure?(
        house: H,
        milestones: readonly Milestone[],
        zero: number,
    ): Promise<Pick<DrillRecord, "floor" | "deadlocked">>;
    /** What of the stack is made anew, and therefore another object afterwards. @default nothing */
    readonly remakes?: Remade;
    /** What an operator does after such a fault, beside waiting. Afterwards `up` has nothing left to do. */
    restore?(house: H): Promise<void>;
}

/** The Pi that drills of one Pi break: an agent, so that the API stays. @throws Refused when the house has none */
export function oneAgent(house: House): Pi {
    const agent = house.pis.findLast(({ role }) => role === "agent");
    if (agent === undefined) {
        throw new Refused(
            "This drill breaks a Pi whose k3s is an agent, and rekindle:nodes has none: nothing was changed.",
        );
    }
    return agent;
}
