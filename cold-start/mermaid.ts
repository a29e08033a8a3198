import type { Place } from "./needs";
import type { Proof } from "./proof";
import { optionals, verdict, weak } from "./table";
import { nameOf, placeWords, powerOnNeeds, shownThings, unknowns } from "./view";
import { circleEdges } from "./edges";

const places: readonly Place[] = ["outside", "house", "cluster", "unknown"];

/** The same for a pull request: Mermaid in Markdown, with every name escaped. */
export function asMarkdown(proof: Proof, milliseconds: number): string {
    return [
        "### Will it come back?",
        proof.circles.length === 0
            ? verdict(proof, milliseconds)
            : fenced("text", verdict(proof, milliseconds)),
        fenced("mermaid", flowchart(proof)),
        section("Starts without", optionals(proof.world)),
        section("Takes every public hostname down alone", weak(proof)),
        section("Unknown, and so not proven", unknowns(proof)),
    ]
        .filter((part) => part !== "")
        .join("\n\n");
}

/** An arrow leads from what waits to what it waits for: dotted where it fails open, thick in a circle. */
export function flowchart(proof: Proof): string {
    const things = shownThings(proof);
    const numbers = new Map(things.map(({ id }, index) => [id, `n${index}`]));
    const inCircle = circleEdges(proof);
    const boxes = places.flatMap((place) => {
        const inside = things.filter((thing) => thing.place === place);
        return inside.length === 0
            ? []
            : [
                  `    subgraph ${place}["${placeWords[place]}"]`,
                  ...inside.map(
                      (thing) =>
                          `        ${numbers.get(thing.id) ?? ""}["${escaped(nameOf(thing))}"]`,
                  ),
                  "    end",
              ];
    });
    const arrows = powerOnNeeds(proof.world.needs).flatMap(({ from, to, optional }) =>
        to.flatMap((id) => {
            const [a, b] = [numbers.get(from), numbers.get(id)];
            const line = optional ? "-.->" : inCircle(from, id) ? "==>" : "-->";
            return a === undefined || b === undefined ? [] : [`    ${a} ${line} ${b}`];
        }),
    );
    return ["flowchart LR", ...boxes, ...[...new Set(arrows)]].join("\n");
}

/** Mermaid's own entities, decimal: nothing of a name is read as syntax, HTML or Markdown. */
function escaped(text: string): string {
    return text.replace(/[^\p{L}\p{N} ._/:-]/gu, (letter) => `#${letter.codePointAt(0) ?? 63};`);
}

const fenced = (language: string, text: string) =>
    `\`\`\`${language}\n${text.replaceAll("```", "'''")}\n\`\`\``;

const section = (title: string, lines: readonly string[]) =>
    lines.length === 0
        ? ""
        : [`**${title}**`, "", ...lines.map((line) => `- ${inMarkdown(line)}`)].join("\n");

/** As text in Markdown: no name makes a link, a mention or a tag. */
function inMarkdown(text: string): string {
    return text.replace(/[\\`*_{}[\]<>#|~!@&]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
