/** A property value as Pulumi's protocol carries it: JSON. */
export type Value = null | boolean | number | string | Value[] | Values;
export interface Values {
    [key: string]: Value | undefined;
}

/** Stands for a value that is not known before the update; fixed by Pulumi's protocol. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Checks for a value with properties. */
export function isObject(value: Value | undefined): value is Values {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns a string value, and an empty string for any other. */
export function text(value: Value | undefined): string {
    return typeof value === "string" ? value : "";
}

/** Returns an array value, and an empty array for any other. */
export function list(value: Value | undefined): readonly Value[] {
    return Array.isArray(value) ? value : [];
}

/** Returns the objects in an array value. */
export function objects(value: Value | undefined): readonly Values[] {
    return list(value).filter(isObject);
}

/** Returns the properties that `names` lists, under their new names; what is missing, null or empty stays out. */
export function renamed(values: Values, names: Readonly<Record<string, string>>): Values {
    return Object.fromEntries(
        Object.entries(names).flatMap(([from, to]) => {
            const value = values[from] ?? "";
            return value === "" ? [] : [[to, value]];
        }),
    );
}
