import { impactOf } from "./impact";
import { labels, nameOf, typeOf, type Impact, type Step } from "./step";

export interface Judged extends Impact {
    readonly op: string;
    readonly resource: string;
}

/** Every step with what it does to the house, the worst first. Pure. */
export function judged(steps: readonly Step[]): Judged[] {
    return steps
        .filter(({ op }) => op !== "same")
        .map((step) => ({
            ...impactOf(step),
            op: step.op,
            resource: `${typeOf(step.urn).split(":").at(-1) ?? ""} ${nameOf(step.urn)}`,
        }))
        .sort((a, b) => labels.indexOf(b.label) - labels.indexOf(a.label));
}

/** One sentence: the worst, and how many steps it is. */
export function closing(all: readonly Judged[]): string {
    const worst = all[0]?.label ?? "nothing";
    const count = all.filter(({ label }) => label === worst).length;
    return worst === "nothing"
        ? `Nobody notices ${all.length === 0 ? "anything: nothing changes" : `these ${all.length} steps`}.`
        : `The worst: ${worst}, by ${count} of ${all.length} steps.`;
}

/** As rows for a table: label, step, resource, why. What nobody notices is one row. */
export function rows(all: readonly Judged[]): string[][] {
    const [noticed, others] = parted(all);
    return [
        ...noticed.map(({ label, op, resource, why }) => [label, op, resource, why]),
        ...(others.length === 0
            ? []
            : [["nothing", "", `${others.length} other steps`, counted(others)]]),
    ];
}

export const head = ["it means", "step", "resource", "why"] as const;

/** For a pull request, in GitHub's Markdown; whatever a name holds stays text. */
export function markdown(all: readonly Judged[]): string {
    const [noticed, others] = parted(all);
    const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
    const table = [
        line(head),
        line(head.map(() => "---")),
        ...noticed.map(({ label, op, resource, why }) =>
            line(
                [`**${label}**`, op, resource, why].map((cell, index) =>
                    index === 0 ? cell : escaped(cell),
                ),
            ),
        ),
    ];
    return [
        "### What this change does to the house",
        "",
        escaped(closing(all)),
        "",
        ...(noticed.length === 0 ? [] : [...table, ""]),
        ...(others.length === 0 || noticed.length === 0
            ? []
            : [
                  `${others.length} other steps that nobody notices: ${escaped(counted(others))}.`,
                  "",
              ]),
    ].join("\n");
}

function parted(all: readonly Judged[]): [Judged[], Judged[]] {
    return [
        all.filter(({ label }) => label !== "nothing"),
        all.filter(({ label }) => label === "nothing"),
    ];
}

/** `2 create, 1 update` */
function counted(all: readonly Judged[]): string {
    const ops = [...new Set(all.map(({ op }) => op))];
    return ops.map((op) => `${all.filter((one) => one.op === op).length} ${op}`).join(", ");
}

/** Every character that Markdown or HTML could read as more than itself. */
function escaped(text: string): string {
    return (
        text
            .replaceAll("&", "&amp;")
            .replaceAll("<", "&lt;")
            .replaceAll(">", "&gt;")
            .replaceAll(/[\\`*_{}[\]()#+!|~@:]/g, "\\$&")
            // GitHub makes links of these without any brackets.
            .replaceAll(/www\./gi, (found) => found.replace(".", "\\."))
            .replaceAll(/\s+/g, " ")
    );
}
