import { Graph, layout, type Box } from "@dagrejs/dagre";
import { circleEdges } from "./edges";
import type { Thing } from "./needs";
import type { Proof } from "./proof";
import { nameOf, placeWords, powerOnNeeds, shownThings } from "./view";
import { pathOf } from "./words";

/** Wider than a letter of any usual sans-serif at 13 px, so that no name runs over its box. */
const letter = 8.5;
const longest = 44;
const height = 44;
/** A picture of more is no picture. */
const mostThings = 400;

interface PlacedThing extends Thing {
    readonly x: number;
    readonly y: number;
    readonly width: number;
}
const kinds = ["required", "optional", "circle"] as const;
type Kind = (typeof kinds)[number];
interface Arrow {
    readonly points: readonly { readonly x: number; readonly y: number }[];
    readonly kind: Kind;
}

/**
 * The power-on order as a picture that is readable in light and dark, and without colours: the first to start stand on the left,
 * arrows lead from what waits to what it waits for.
 * @throws when there are too many things to see any
 */
export function asSvg(proof: Proof): string {
    const things = shownThings(proof);
    if (things.length > mostThings) {
        throw new Error(
            `A picture of ${things.length} things would show nothing: ${mostThings} is the most. Use the table, which needs no --svg.`,
        );
    }
    const { boxes, arrows, width, height: drawn } = laidOut(proof, things);
    const legendTop = drawn + 20;
    const size = `${Math.ceil(Math.max(width, 760))} ${Math.ceil(legendTop + 60)}`;
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" role="img" aria-labelledby="title desc">`,
        `<title id="title">Power-on order</title>`,
        `<desc id="desc">${escaped(description(proof, things))}</desc>`,
        style,
        `<defs>${kinds.map(arrowHead).join("")}</defs>`,
        `<rect class="paper" width="100%" height="100%"/>`,
        ...arrows.map(drawnArrow),
        ...boxes.map((box) => drawnBox(box, proof)),
        `<g transform="translate(20 ${Math.ceil(legendTop)})">${legend}</g>`,
        "</svg>",
        "",
    ].join("\n");
}

function laidOut(proof: Proof, things: readonly Thing[]) {
    const graph = new Graph({ multigraph: true });
    graph.setGraph({ rankdir: "LR", nodesep: 16, ranksep: 60, marginx: 20, marginy: 20 });
    for (const thing of things) {
        const { id, place, unknown } = thing;
        const label = nameOf(thing);
        const widest = Math.max(lettersOf(shortened(label)), lettersOf(below({ place, unknown })));
        graph.setNode(id, { width: Math.ceil(widest * letter) + 24, height });
    }
    const inCircle = circleEdges(proof);
    for (const { from, to, optional } of powerOnNeeds(proof.world.needs)) {
        for (const id of to.filter((each) => graph.hasNode(each) && graph.hasNode(from))) {
            const kind = optional ? "optional" : inCircle(from, id) ? "circle" : "required";
            // From left to right as the house starts: the arrow points against it.
            graph.setEdge(id, from, {}, kind);
        }
    }
    layout(graph);
    const { width = 0, height: drawn = 0 } = graph.graph();
    return {
        ...{ width, height: drawn },
        boxes: things.map((thing): PlacedThing => ({
            ...thing,
            label: nameOf(thing),
            ...placed(graph.node(thing.id)),
        })),
        arrows: graph.edges().map((edge): Arrow => {
            const kind = kinds.find((each) => each === edge.name) ?? "required";
            return { kind, points: (graph.edge(edge).points ?? []).toReversed() };
        }),
    };
}

const placed = ({ x = 0, y = 0, width }: Box) => ({ x, y, width });

function drawnBox(
    { x, y, width, id, label, place, unknown }: PlacedThing,
    { order }: Proof,
): string {
    const step = order.steps.get(id);
    const when = step === undefined ? "never starts" : `starts in step ${step}`;
    const title = `${label}, ${below({ place, unknown })}, ${when}`;
    const left = (x - width / 2).toFixed(1);
    const top = (y - height / 2).toFixed(1);
    const state = step === undefined ? " never" : "";
    return [
        `<g class="${place}${state}"><title>${escaped(title)}</title>`,
        `<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="${place === "outside" ? 22 : 5}"/>`,
        `<text x="${x.toFixed(1)}" y="${(y - 3).toFixed(1)}">${escaped(shortened(label))}</text>`,
        `<text class="small" x="${x.toFixed(1)}" y="${(y + 14).toFixed(1)}">${escaped(below({ place, unknown }))}</text></g>`,
    ].join("");
}

function drawnArrow({ points, kind }: Arrow): string {
    const path = points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");
    return `<path class="${kind}" d="M${path}" marker-end="url(#${kind})"/>`;
}

const arrowHead = (kind: Kind) =>
    `<marker id="${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head ${kind}" d="M0 0 8 4 0 8z"/></marker>`;

/** What is not told by the name: where it is, and whether something about it is not known. */
const below = ({ place, unknown }: Pick<Thing, "place" | "unknown">) =>
    placeWords[place] + (unknown === undefined || place === "unknown" ? "" : ", not all known");

const shortened = (label: string) =>
    Array.from(label).length > longest
        ? `${Array.from(label)
              .slice(0, longest - 1)
              .join("")}…`
        : label;

/** In widths of a Latin letter; other scripts have wider ones. */
const lettersOf = (text: string) =>
    Array.from(text).reduce((sum, each) => sum + (/[\u0000-\u024f…]/.test(each) ? 1 : 2), 0);

function description(proof: Proof, things: readonly Thing[]): string {
    const { circles, world, order } = proof;
    const steps = Math.max(0, ...order.steps.values());
    return circles.length === 0
        ? `${things.length} things start in ${steps} steps; arrows lead from what waits to what it waits for.`
        : `What it needs runs in circles: ${circles.map(({ hops }) => pathOf(world, hops)).join("; ")}.`;
}

const escaped = (text: string) =>
    text.replace(/[<>&"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

const legend = [
    [0, "required", "waits for"],
    [170, "optional", "starts without it"],
    [400, "circle", "in a circle: neither ever starts"],
]
    .map(
        ([x = 0, kind = "", words = ""]) =>
            `<path class="${kind}" d="M${x} 12h44" marker-end="url(#${kind})"/><text class="key" x="${Number(x) + 54}" y="16">${words}</text>`,
    )
    .join("");

const style = `<style>
svg{color-scheme:light dark;--paper:#fff;--ink:#1a1a1a;--line:#595959;--soft:#767676;--circle:#b3001b;--outside:#dceeff;--house:#e6f4dd;--cluster:#fff3d1;--unknown:#eee}
@media (prefers-color-scheme:dark){svg{--paper:#16181c;--ink:#f2f2f2;--line:#b5b5b5;--soft:#9a9a9a;--circle:#ff8a94;--outside:#17344f;--house:#22401a;--cluster:#4a3a0c;--unknown:#333}}
text{font:13px system-ui,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--ink);text-anchor:middle}
.small{font-size:11px}.key{text-anchor:start}.paper{fill:var(--paper)}
g rect{stroke:var(--line);stroke-width:1}
.outside rect{fill:var(--outside)}.house rect{fill:var(--house)}.cluster rect{fill:var(--cluster)}.unknown rect{fill:var(--unknown);stroke-dasharray:5 3}
.never rect{stroke:var(--circle);stroke-width:2.5}
path{fill:none;stroke:var(--line);stroke-width:1.2}
.optional{stroke:var(--soft);stroke-dasharray:4 4}.circle{stroke:var(--circle);stroke-width:3}
.head{stroke:none;fill:var(--line)}.head.optional{fill:var(--soft)}.head.circle{fill:var(--circle)}
</style>`;
