import type { Goal } from "./goal";
import { makeUrn, nameOf, typeOf } from "./urn";

/**
 * The names that a resource may have had before: its own aliases, and what each of its names would have been below its parent's
 * former name. A child that is called after its parent is taken to have followed the parent's name, as with Pulumi.
 * @param former the URN that the parent was found by; undefined when that is its own
 */
export function formerNames(
    names: { readonly stack: string; readonly project: string },
    { type, name, parent, aliases }: Pick<Goal, "type" | "name" | "parent" | "aliases">,
    former: string | undefined,
): string[] {
    if (parent === undefined || former === undefined) {
        return [...aliases];
    }
    const own = [
        { type, name },
        ...aliases.map((urn) => ({ type: typeOf(urn), name: nameOf(urn) })),
    ];
    const inherited = own.map((each) =>
        makeUrn({
            ...names,
            parent: former,
            type: each.type,
            name: each.name.startsWith(nameOf(parent))
                ? nameOf(former) + each.name.slice(nameOf(parent).length)
                : each.name,
        }),
    );
    return [...aliases, ...inherited];
}
