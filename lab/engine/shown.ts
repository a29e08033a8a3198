import { formatPath, type Change } from "./diff";
import type { ShownChange } from "./listener";
import { isObject, isSecret, mask, type Value, type Values } from "./values";

/** The changes as they may be told: what lies in a secret shows as one change of the secret, without its values. */
export function shownChanges(
    changes: readonly (Change & { readonly replace?: boolean })[],
    before: Values,
    after: Values,
): ShownChange[] {
    const shown = new Map<string, ShownChange>();
    for (const { path, kind, replace = false, ...values } of changes) {
        const depth = Math.min(secretDepth(path, before), secretDepth(path, after));
        const hidden = depth <= path.length;
        const place = hidden ? path.slice(0, depth) : path;
        const key = formatPath(place);
        const sides = hidden
            ? { before: "[secret]", after: "[secret]" }
            : {
                  ...(values.before === undefined ? {} : { before: mask(values.before) }),
                  ...(values.after === undefined ? {} : { after: mask(values.after) }),
              };
        shown.set(key, {
            path: place,
            kind: hidden && place.length < path.length ? "update" : kind,
            replace: replace || (shown.get(key)?.replace ?? false),
            ...sides,
        });
    }
    return [...shown.values()];
}

/** How many parts of the path lead to the first secret on it; Infinity when there is none on the way or below. */
function secretDepth(path: readonly (string | number)[], values: Values): number {
    let at: Value | undefined = values;
    for (let depth = 0; ; depth++) {
        if (isSecret(at)) {
            return depth;
        }
        const part = path[depth];
        if (part === undefined) {
            return Infinity;
        }
        at = isObject(at) ? at[part] : Array.isArray(at) ? at[Number(part)] : undefined;
    }
}
