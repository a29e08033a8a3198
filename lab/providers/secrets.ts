import { isObject, type Value, type Values } from "./values";

/** The key that marks an object as more than plain data, and what it says for a secret; fixed by Pulumi's protocol. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

function isSecret(value: Value | undefined): value is Values & { value: Value } {
    return isObject(value) && value[signatureKey] === secretSignature;
}

/**
 * Replaces secrets by what they hold: rules work with plain values.
 * @throws for an asset, an archive or another special value, which no stand-in handles
 */
export function reveal(values: Values): Values {
    return revealValue(values) as Values;
}

function revealValue(value: Value): Value {
    if (isSecret(value)) {
        return revealValue(value.value);
    }
    if (Array.isArray(value)) {
        return value.map(revealValue);
    }
    if (!isObject(value)) {
        return value;
    }
    if (value[signatureKey] !== undefined) {
        throw new Error("the stand-in does not handle assets, archives and other special values.");
    }
    return Object.fromEntries(
        Object.entries(value).flatMap(([key, item]) =>
            item === undefined ? [] : [[key, revealValue(item)]],
        ),
    );
}

/** Checks whether a value is a secret or has one in it. */
export function containsSecret(value: Value | undefined): boolean {
    return (
        isSecret(value) ||
        (typeof value === "object" && value !== null && Object.values(value).some(containsSecret))
    );
}

/** Marks every output as secret that is secret among the inputs of the same name. */
export function annotateSecrets(outputs: Values, inputs: Values): Values {
    return Object.fromEntries(
        Object.entries(outputs).map(([key, value]) => [key, annotate(value, inputs[key])]),
    );
}

function annotate(output: Value | undefined, input: Value | undefined): Value | undefined {
    if (output === undefined || !containsSecret(input)) {
        return output;
    }
    // Items move within an array: a secret one could end up beside its place, so the whole array is hidden.
    return isObject(output) && isObject(input) && !isSecret(input)
        ? annotateSecrets(output, input)
        : { [signatureKey]: secretSignature, value: output };
}
