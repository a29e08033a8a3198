import { isObject, type Value, type Values } from "./values";

/** How an API's spelling of a resource differs from the program's. All keys are names of inputs, at any depth. */
export interface Spelling {
    /** What the API reports for an input that the program left out. */
    readonly defaults?: Values;
    /** Whether two different values mean the same. */
    readonly same?: Readonly<Record<string, (old: Value, live: Value) => boolean>>;
    /** The property by which items of an array are recognised. @default their position */
    readonly identity?: Readonly<Record<string, string>>;
}

/**
 * Spells what exists as the program did, so that a refresh shows only what somebody changed. Returns `live`, but keeps the old
 * value where it means the same, and leaves out defaults that the program left out.
 */
export function settle(old: Values | undefined, live: Values, spelling: Spelling = {}): Values {
    const before = old ?? {};
    const kept = Object.entries(before).filter(
        ([key, value]) => isEmpty(value) && isEmpty(live[key]),
    );
    const current = Object.entries(live).flatMap(([key, value]) => {
        if (value === undefined || isDefault(before[key], value, spelling.defaults?.[key])) {
            return [];
        }
        return [[key, settleValue(key, before[key], value, spelling)] as const];
    });
    return Object.fromEntries([...kept, ...current]);
}

function isDefault(old: Value | undefined, live: Value, usual: Value | undefined): boolean {
    return isEmpty(live) || (old === undefined && live === usual);
}

function settleValue(key: string, old: Value | undefined, live: Value, spelling: Spelling): Value {
    if (old !== undefined && spelling.same?.[key]?.(old, live) === true) {
        return old;
    }
    if (isObject(live)) {
        return settle(isObject(old) ? old : undefined, live, spelling);
    }
    if (!Array.isArray(live)) {
        return live;
    }
    const items = Array.isArray(old) ? old : [];
    const identity = spelling.identity?.[key];
    return live.map((item, index) => {
        const before =
            identity !== undefined && isObject(item)
                ? items.find((one) => isObject(one) && one[identity] === item[identity])
                : items[index];
        return settleValue(key, before, item, spelling);
    });
}

function isEmpty(value: Value | undefined): boolean {
    return (
        value === undefined ||
        value === null ||
        value === "" ||
        (typeof value === "object" && Object.keys(value).length === 0)
    );
}
