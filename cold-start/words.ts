import type { Cycle, Hop } from "./cycles";
import type { Need, World } from "./needs";
import type { Circle, Proof } from "./proof";
import { waysOut } from "./ways-out";

/** A circle as a path of names, e.g. `tunnel → image git.home.example/dns → git → tunnel`. */
export const pathOf = (world: World, hops: Cycle) => stationsOf(world, hops).join(" → ");

/** The names on a circle's path, the first one also last. */
export function stationsOf(world: World, hops: Cycle): string[] {
    const labels = hops.map(({ need }) => labelOf(world, need.from));
    labels.push(labels[0] ?? "");
    // A service and its hostname are one to the reader.
    const shown = labels.filter((label, index) => index === 0 || label !== labels[index - 1]);
    return shown.length === 1 ? [...shown, ...shown] : shown;
}

/** Why a step of a circle is there, in one sentence. */
export function sentence(world: World, { need, to }: Hop): string {
    const others = need.to.length - 1;
    const besides =
        others === 0
            ? ""
            : ` (or ${need.to
                  .filter((id) => id !== to)
                  .map((id) => labelOf(world, id))
                  .join(", ")})`;
    return `${labelOf(world, need.from)} needs ${labelOf(world, to)}${besides}: ${need.why}${keyOf(need)}`;
}

/** All that is wrong with a house, for people: nothing where nothing is. */
export function report({ world, circles, more }: Proof): string {
    if (circles.length === 0) {
        return "";
    }
    const found = circles.some(({ question }) => question === "power-on");
    const blocked = circles.some(({ question }) => question === "rebuild");
    const fate = [
        ...(found ? ["would not come back by itself after a power cut"] : []),
        ...(blocked ? ["could not be rebuilt if it were lost"] : []),
    ].join(", and ");
    const count =
        circles.length === 1
            ? "what it needs runs in a circle"
            : `what it needs runs in ${circles.length} circles`;
    return [
        `This house ${fate}: ${count}. Nothing was changed.`,
        ...circles.map((circle) => told(world, circle)),
        ...(more ? ["There are more circles; these are the shortest. Break them first."] : []),
    ].join("\n\n");
}

function told(world: World, { hops }: Circle): string {
    const ways = waysOut(world, hops);
    return [
        `  ${pathOf(world, hops)}`,
        ...hops.map((hop) => `      ${sentence(world, hop)}`),
        ways.length === 1 ? "    A way out:" : "    Ways out, any one of them:",
        ...ways.map((way, index) => `      ${index + 1}. ${way}`),
    ].join("\n");
}

export function labelOf({ things }: World, id: string): string {
    return things.get(id)?.label ?? id;
}

/** `rekindle:routes[0]` in brackets, where a need follows from configuration. */
export const keyOf = ({ key }: Need) => (key === "" ? "" : ` (rekindle:${key})`);
