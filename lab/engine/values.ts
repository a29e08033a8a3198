/** Property values as Pulumi's protocol carries them: JSON, in which marked objects stand for secrets and references. */
export type Value = null | boolean | number | string | Value[] | Values;
export interface Values {
    [key: string]: Value | undefined;
}

/** The key that marks an object as more than plain data, and what it then says; fixed by Pulumi's protocol. */
export const signatureKey = "4dabf18193072939515e22adb298388d";
export const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const resourceSignature = "5cf8f73096256a8f31e491e813e4eb8e";

/** What stands for a value that is not known before the update. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isObject(value: Value | undefined): value is Values {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isSecret(value: Value | undefined): value is Values & { value: Value } {
    return isObject(value) && value[signatureKey] === secretSignature;
}

/** Marks a value as secret; marking twice changes nothing. */
export function secret(value: Value): Value {
    return isSecret(value) ? value : { [signatureKey]: secretSignature, value };
}

/** The same shape with `change` applied to every value that is neither an array nor a plain object. */
function mapLeaves(value: Value, change: (leaf: Value) => Value): Value {
    if (Array.isArray(value)) {
        return value.map((item) => mapLeaves(item, change));
    }
    if (isObject(value) && value[signatureKey] === undefined) {
        return mapValues(value, (item) => mapLeaves(item, change));
    }
    return change(value);
}

/** A plain object with `change` applied to each property; properties that are undefined are dropped. */
export function mapValues(values: Values, change: (value: Value, key: string) => Value): Values {
    return Object.fromEntries(
        Object.entries(values).flatMap(([key, value]) =>
            value === undefined ? [] : [[key, change(value, key)]],
        ),
    );
}

/** Secrets replaced by what they hold: what a provider works with. */
export function reveal(value: Value): Value {
    return mapLeaves(value, (leaf) => (isSecret(leaf) ? reveal(leaf.value) : leaf));
}

/** `reveal` for a set of properties. */
export function revealAll(values: Values): Values {
    return mapValues(values, reveal);
}

/** Secrets replaced by `[secret]` and unknowns by `[unknown]`: what may be shown. */
export function mask(value: Value): Value {
    return mapLeaves(value, (leaf) =>
        isSecret(leaf) ? "[secret]" : leaf === unknown ? "[unknown]" : leaf,
    );
}

export function contains(value: Value | undefined, what: (leaf: Value) => boolean): boolean {
    if (value === undefined) {
        return false;
    }
    if (what(value)) {
        return true;
    }
    return typeof value === "object" && value !== null
        ? Object.values(value).some((item) => contains(item, what))
        : false;
}

export const containsSecret = (value: Value | undefined): boolean => contains(value, isSecret);
export const containsUnknown = (value: Value | undefined): boolean =>
    contains(value, (leaf) => leaf === unknown);

/** Outputs in which everything that was secret among the inputs of the same name is secret again. */
export function annotateSecrets(outputs: Values, inputs: Values): Values {
    return mapValues(outputs, (value, key) => annotate(value, inputs[key]));
}

function annotate(output: Value, input: Value | undefined): Value {
    if (isSecret(input)) {
        return secret(output);
    }
    if (isObject(output) && isObject(input) && !isSecret(output)) {
        return annotateSecrets(output, input);
    }
    // Items move within an array: a secret one could end up beside its place, so all of them are hidden.
    return Array.isArray(input) && containsSecret(input) ? secret(output) : output;
}

/** @throws when a value is of a kind that this engine does not handle (assets, archives, output values) */
export function assertSupported(value: Value, where: string): void {
    if (isObject(value)) {
        const signature = value[signatureKey];
        if (
            signature !== undefined &&
            signature !== secretSignature &&
            signature !== resourceSignature
        ) {
            throw new Error(
                `${where} is an asset, an archive or another special value (signature ${JSON.stringify(signature)}), which the bundled engine does not handle.`,
            );
        }
    }
    if (typeof value === "object" && value !== null) {
        for (const [key, item] of Object.entries(value)) {
            if (item !== undefined) {
                assertSupported(item, `${where}.${key}`);
            }
        }
    }
}
