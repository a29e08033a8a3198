import { differences, formatPath } from "./diff";
import type { ShownChange } from "./listener";
import type { Value, Values } from "./values";

const marks = { add: "+", delete: "-", update: "~" } as const;

/** How many unchanged lines are shown around a changed one. */
const context = 1;

/** One change as lines for people: texts of several lines as a line diff, JSON texts by their values. */
export function showChange({ path, kind, before, after, replace }: ShownChange): string[] {
    const head = `${marks[kind]} ${formatPath(path)}${replace ? " (replaces)" : ""}`;
    if (kind !== "update") {
        return [`${head}: ${text(kind === "add" ? after : before)}`];
    }
    if (typeof before === "string" && typeof after === "string") {
        const [old, now] = [json(before), json(after)];
        if (old && now) {
            const inner = differences(old, now).map((change) => ({ ...change, replace: false }));
            return [`${head}:`, ...inner.flatMap(showChange).map((line) => `    ${line}`)];
        }
        if (before.includes("\n") || after.includes("\n")) {
            return [`${head}:`, ...lineDiff(before, after).map((line) => `    ${line}`)];
        }
    }
    return [`${head}: ${text(before)} => ${text(after)}`];
}

function text(value: Value | undefined): string {
    return value === undefined ? "(none)" : JSON.stringify(value);
}

/** A JSON text as one object, arrays under a key of their own so that both compare the same way. */
function json(value: string): Values | undefined {
    if (!/^\s*[[{]/.test(value)) {
        return undefined;
    }
    try {
        const parsed = JSON.parse(value) as Value;
        return Array.isArray(parsed) ? { items: parsed } : (parsed as Values);
    } catch {
        return undefined;
    }
}

/** The changed lines between two texts, with a little of what stands around them. */
export function lineDiff(before: string, after: string): string[] {
    const a = before.split("\n");
    const b = after.split("\n");
    const lines = align(a, b);
    const shown = lines.map((_, at) =>
        lines.slice(Math.max(0, at - context), at + context + 1).some(([mark]) => mark !== " "),
    );
    return lines.flatMap(([mark, line], at) => {
        if (shown[at] === true) {
            return [`${mark} ${line}`];
        }
        return shown[at - 1] === true && shown.includes(true, at) ? ["…"] : [];
    });
}

/** Pairs equal lines by their longest common subsequence. */
function align(a: readonly string[], b: readonly string[]): ["+" | "-" | " ", string][] {
    const common = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
    const at = (i: number, j: number) => common[i]?.[j] ?? 0;
    for (let i = a.length - 1; i >= 0; i--) {
        for (let j = b.length - 1; j >= 0; j--) {
            const row = common[i];
            if (row) {
                row[j] =
                    a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
            }
        }
    }
    const lines: ["+" | "-" | " ", string][] = [];
    let [i, j] = [0, 0];
    while (i < a.length || j < b.length) {
        if (i < a.length && j < b.length && a[i] === b[j]) {
            lines.push([" ", a[i] ?? ""]);
            i++;
            j++;
        } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
            lines.push(["-", a[i++] ?? ""]);
        } else {
            lines.push(["+", b[j++] ?? ""]);
        }
    }
    return lines;
}
