import { duration } from "../progress";
import { showChange } from "./display-diff";
import type { Listener, Op, Step } from "./listener";
import { nameOf, typeOf } from "./urn";
import type { Value } from "./values";

const marks: Readonly<Record<Op, string>> = {
    same: "  ",
    create: " + ",
    update: " ~ ",
    delete: " - ",
    import: " = ",
    replace: "+-",
    "create-replacement": "++ ",
    "delete-replaced": "-- ",
};
const did: Readonly<Record<Op, string>> = {
    same: "unchanged",
    create: "created",
    update: "updated",
    delete: "deleted",
    import: "imported",
    replace: "replaced",
    "create-replacement": "created replacement",
    "delete-replaced": "deleted original",
};
const would: Readonly<Record<Op, string>> = {
    ...did,
    create: "create",
    update: "update",
    delete: "delete",
    import: "import",
    replace: "replace",
    "create-replacement": "create replacement",
    "delete-replaced": "delete original",
};

/** The order of the closing line: what changed before what did not. */
const order: readonly Op[] = ["create", "import", "update", "replace", "delete", "same"];

/** Tells people what a run does, a line for each step as it happens; reads like Pulumi's own output. */
export function display(
    { stack }: { readonly stack: string },
    { destroy, preview }: { readonly destroy: boolean; readonly preview: boolean },
    print: (line: string) => void,
): Listener {
    const verb = destroy ? "Destroying" : "Updating";
    print(`${preview ? `Previewing ${destroy ? "destroy" : "update"}` : verb} (${stack})`);
    print("by Rekindle's bundled engine, a rehearsal stand-in for Pulumi's\n");
    const begun = new Map<string, number>();
    const problems: string[] = [];
    const title = ({ op, urn }: Pick<Step, "op" | "urn">) =>
        `${marks[op].padEnd(3)} ${typeOf(urn)} ${nameOf(urn)}`;
    return {
        began(step) {
            begun.set(`${step.op} ${step.urn}`, Date.now());
        },
        ended(step) {
            const key = `${step.op} ${step.urn}`;
            const since = begun.get(key);
            // A component's or the stack's outputs come after its step has been told.
            if (step.op === "same" || since === undefined) {
                return;
            }
            begun.delete(key);
            const took = preview ? "" : ` (${duration((Date.now() - since) / 1000)})`;
            print(`${title(step)} ${(preview ? would : did)[step.op]}${took}`);
            // A replacement's changes are shown once, with the step that makes the new one.
            if (step.op === "update" || step.op === "create-replacement") {
                step.changes.flatMap(showChange).forEach((line) => {
                    print(`        ${line}`);
                });
            }
        },
        failed(step) {
            print(`${title(step)} FAILED`);
        },
        status(urn, text) {
            print(`      ${nameOf(urn)}: ${text}`);
        },
        diagnostic(severity, message, urn = "") {
            const where = urn === "" ? "" : `${typeOf(urn)} (${nameOf(urn)}): `;
            if (severity === "error") {
                problems.push(`${where}error: ${message.trim()}`);
            } else {
                print(`      ${where}${severity === "warning" ? "warning: " : ""}${message}`);
            }
        },
        finished({ counts, seconds, outputs }) {
            if (problems.length > 0) {
                print("\nDiagnostics:");
                problems.forEach((problem) => {
                    print(`  ${problem.replaceAll("\n", "\n    ")}`);
                });
            }
            showOutputs(outputs, print);
            const words = preview ? would : did;
            const parts = order.flatMap((op) => {
                const count = counts[op] ?? 0;
                const text = op === "same" ? "unchanged" : preview ? `to ${words[op]}` : words[op];
                return count === 0 ? [] : [`${marks[op].trim()} ${count} ${text}`.trim()];
            });
            print(`\nResources: ${parts.length === 0 ? "none" : parts.join(", ")}`);
            print(`Duration: ${duration(seconds)}`);
        },
    };
}

function showOutputs(
    outputs: Readonly<Record<string, Value | undefined>>,
    print: (line: string) => void,
): void {
    const entries = Object.entries(outputs);
    if (entries.length > 0) {
        print("\nOutputs:");
    }
    const width = Math.max(...entries.map(([name]) => name.length), 0);
    for (const [name, value] of entries) {
        print(`    ${name.padEnd(width)} : ${JSON.stringify(value)}`);
    }
}
