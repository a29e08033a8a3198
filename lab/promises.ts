import { z } from "zod";
import { pis } from "./facts";

const pi = z.string().refine((name) => pis.some((one) => one.name === name));

const action = z.discriminatedUnion("kind", [
    /** Some Pis are off. */
    z.strictObject({ kind: z.literal("power") }),
    z.strictObject({ kind: z.literal("faults") }),
    z.strictObject({ kind: z.literal("drive"), pi }),
    z.strictObject({ kind: z.literal("card-full"), pi }),
    z.strictObject({ kind: z.literal("old-card"), pi }),
    z.strictObject({ kind: z.literal("seed") }),
    /** What every drill makes: see drill-leftovers.ts. */
    z.strictObject({ kind: z.literal("drill") }),
]);

/** What a drill breaks and somebody has to mend, should the drill not live to do it. */
export type Undo = Readonly<z.infer<typeof action>>;

/** All that any drill breaks, in the order of one: undone where nobody knows any more what it was, since undoing too much does no harm. */
export const everything: readonly Undo[] = [
    ...[{ kind: "drill" } as const, { kind: "seed" } as const, { kind: "power" } as const],
    ...pis.flatMap(({ name }): Undo[] => [
        { kind: "old-card", pi: name },
        { kind: "card-full", pi: name },
        { kind: "drive", pi: name },
    ]),
    { kind: "faults" },
];

/** The promises in a file's text, oldest first; `everything` when it is cut short, or is not a drill's of this version. Pure. */
export function promisesIn(text: string): readonly Undo[] {
    try {
        return z.array(action).parse(JSON.parse(text));
    } catch {
        return everything;
    }
}
