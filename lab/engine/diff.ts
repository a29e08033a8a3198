import { isObject, unknown, type Value, type Values } from "./values";

export type Path = readonly (string | number)[];

/** One place where two sets of properties differ. */
export interface Change {
    readonly path: Path;
    readonly kind: "add" | "delete" | "update";
    readonly before?: Value;
    readonly after?: Value;
}

/**
 * Every place where `after` differs from `before`, deepest first described: an array or object that exists on both sides is
 * entered, everything else is one change. Secrets must have been revealed. An unknown differs from everything.
 */
export function differences(before: Values, after: Values): Change[] {
    return compare([], before, after);
}

function compare(path: Path, before: Value | undefined, after: Value | undefined): Change[] {
    if (before === undefined) {
        return after === undefined ? [] : [{ path, kind: "add", after }];
    }
    if (after === undefined) {
        return [{ path, kind: "delete", before }];
    }
    if (isObject(before) && isObject(after)) {
        const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
        return [...keys].sort().flatMap((key) => compare([...path, key], before[key], after[key]));
    }
    if (Array.isArray(before) && Array.isArray(after)) {
        const length = Math.max(before.length, after.length);
        return Array.from({ length }, (_, index) => index).flatMap((index) =>
            compare([...path, index], before[index], after[index]),
        );
    }
    return before === after && after !== unknown ? [] : [{ path, kind: "update", before, after }];
}

/** A path as Pulumi writes it: `spec.containers[0].image`, `data["config.yaml"]`. */
export function formatPath(path: Path): string {
    return path.reduce<string>((text, part) => {
        if (typeof part === "number") {
            return `${text}[${part}]`;
        }
        return /^[A-Za-z_$][\w$-]*$/.test(part)
            ? `${text}${text === "" ? "" : "."}${part}`
            : `${text}[${JSON.stringify(part)}]`;
    }, "");
}

/** Reads a path as it stands in `ignoreChanges` and `replaceOnChanges`; `*` stands for any one key or index. */
export function parsePath(text: string): Path {
    return [...text.matchAll(/\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)].map(
        ([, index, quoted, plain]) => {
            if (index !== undefined) {
                return index === "*" ? "*" : Number(index);
            }
            return quoted === undefined ? (plain ?? "") : (JSON.parse(`"${quoted}"`) as string);
        },
    );
}

/** Whether a change at `path` lies at, below or above the place that `pattern` names. */
export function touches(pattern: Path, path: Path): boolean {
    const length = Math.min(pattern.length, path.length);
    return Array.from({ length }, (_, index) => index).every(
        (index) => pattern[index] === "*" || pattern[index] === path[index],
    );
}

/** A copy of `after` in which the value at `path` is the one from `before`: what `ignoreChanges` does. */
export function keepOld(
    path: Path,
    before: Value | undefined,
    after: Value | undefined,
): Value | undefined {
    const [head, ...rest] = path;
    if (head === undefined) {
        return before;
    }
    if (Array.isArray(after) && Array.isArray(before)) {
        return after.map((item, index) =>
            head === "*" || head === index ? (keepOld(rest, before[index], item) ?? null) : item,
        );
    }
    if (!isObject(after) || !isObject(before)) {
        return after;
    }
    const keys = head === "*" ? Object.keys({ ...before, ...after }) : [String(head)];
    const kept = keys.map((key) => [key, keepOld(rest, before[key], after[key])] as const);
    return { ...after, ...Object.fromEntries(kept) };
}
