import Table from "cli-table3";
import type { Need, World } from "./needs";
import type { Proof } from "./proof";
import { nameOf, placeWords, powerOnNeeds, shownThings, unknowns, unknownForRebuild } from "./view";
import { weakPoints } from "./weak-points";
import { keyOf, labelOf, report } from "./words";

/** The power-on order and what weakens it, for a terminal. */
export function asText(proof: Proof, milliseconds: number): string {
    return [
        orderTable(proof),
        list("Starts without (it fails open)", optionals(proof.world)),
        list("Takes every public hostname down alone", weak(proof)),
        list("Unknown, and so not proven", unknowns(proof)),
        verdict(proof, milliseconds),
    ]
        .filter((part) => part !== "")
        .join("\n\n");
}

/** The last words: what is wrong, or that nothing is. */
export function verdict(proof: Proof, milliseconds: number): string {
    const took = `Proven in ${milliseconds.toFixed(1)} ms.`;
    if (proof.circles.length > 0) {
        return `${report(proof)}\n\n${took}`;
    }
    const open = unknowns(proof).length;
    const known = open === 0 ? "" : `, as far as it is known (${open} unknown)`;
    const steps = Math.max(0, ...proof.order.steps.values());
    const untold = unknownForRebuild(proof);
    const rebuilt =
        untold.length === 0
            ? "It can be rebuilt from what lies outside."
            : `Whether it can be rebuilt is not known: ${untold.join(", ")}.`;
    return `It comes back by itself, in ${steps} steps${known}. ${rebuilt} ${took}`;
}

function orderTable(proof: Proof): string {
    const byThing = new Map<string, Need[]>();
    for (const need of powerOnNeeds(proof.world.needs)) {
        byThing.set(need.from, [...(byThing.get(need.from) ?? []), need]);
    }
    const table = new Table({
        head: ["step", "what", "where", "waits for"],
        style: { head: [], border: [] },
        colWidths: [7, 44, 19, 44],
        wordWrap: true,
        // A name of any length is shown whole.
        wrapOnWordBoundary: false,
        chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
    });
    for (const thing of shownThings(proof)) {
        const needs = (byThing.get(thing.id) ?? []).filter(({ optional }) => !optional);
        table.push([
            proof.order.steps.get(thing.id) ?? "never",
            nameOf(thing) + (thing.unknown === undefined ? "" : " ?"),
            placeWords[thing.place],
            needs.map((need) => target(proof.world, need)).join("\n"),
        ]);
    }
    return table.toString();
}

function target({ things }: World, { to, enough }: Need): string {
    const names = to.flatMap((id) => things.get(id) ?? []).map(nameOf);
    return enough === names.length
        ? names.join("\n")
        : `${enough} of these:\n${names.map((name) => `- ${name}`).join("\n")}`;
}

export function optionals(world: World): string[] {
    return world.needs
        .filter(({ optional }) => optional)
        .map((need) => {
            const names = need.to.map((id) => labelOf(world, id)).join(" or ");
            return `${labelOf(world, need.from)} without ${names}${keyOf(need)}`;
        });
}

export function weak(proof: Proof): string[] {
    return weakPoints(proof).map(({ id }) => labelOf(proof.world, id));
}

const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? "" : [`${title}:`, ...lines.map((line) => `  ${line}`)].join("\n");
