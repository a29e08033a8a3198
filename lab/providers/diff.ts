import { isObject, unknown, type Value, type Values } from "./values";

export type Path = readonly (string | number)[];

/** One place where two sets of properties differ. */
export interface Change {
    readonly path: Path;
    readonly kind: "add" | "delete" | "update";
    /** Whether the resource must be replaced for it. @default false */
    readonly replace?: boolean;
}

/**
 * Lists every place where `after` differs from `before`. An array or object that exists on both sides is entered; everything else
 * is one change. An unknown differs from everything.
 */
export function differences(before: Values, after: Values): Change[] {
    return compare([], before, after);
}

function compare(path: Path, before: Value | undefined, after: Value | undefined): Change[] {
    if (before === undefined || after === undefined) {
        return before === after ? [] : [{ path, kind: before === undefined ? "add" : "delete" }];
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
    return before === after && after !== unknown ? [] : [{ path, kind: "update" }];
}

/** Writes a path as Pulumi does: `spec.containers[0].image`, `data["config.yaml"]`. */
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
