import { randomBytes } from "node:crypto";
import { isObject, mapValues, unknown, type Value, type Values } from "../../values";
import { field, type Kind } from "./kinds";

const autonamed = "pulumi.com/autonamed";
/** Annotations that change what the real provider does, as far as they do so here too. */
const known = [autonamed, "pulumi.com/patchForce"];

/**
 * Inputs as pulumi-kubernetes 4.34 completes them: a name of its own for an object without one (kept on later runs), a namespace,
 * and a Secret's `stringData` as `data`.
 */
export function completeInputs(
    kind: Kind,
    name: string,
    inputs: Values,
    oldInputs: Values | undefined,
    namespace: string,
): Values {
    if (inputs["metadata"] === unknown) {
        return inputs;
    }
    const strange = Object.keys(annotationsOf(inputs)).find(
        (key) => key.startsWith("pulumi.com/") && !known.includes(key),
    );
    if (strange !== undefined) {
        throw new Error(`the annotation ${strange} is not handled by the bundled engine.`);
    }
    const given = isObject(inputs["metadata"]) ? inputs["metadata"] : {};
    const named = given["name"] === undefined ? autoname(name, given, oldInputs) : given;
    const metadata = {
        ...named,
        ...(kind.namespaced ? { namespace: given["namespace"] ?? namespace } : {}),
    };
    return { ...(kind.plural === "secrets" ? encodeSecret(inputs) : inputs), metadata };
}

export function annotationsOf(inputs: Values | undefined): Values {
    const annotations = field(inputs, "metadata", "annotations");
    return isObject(annotations) ? annotations : {};
}

export function isAutonamed(inputs: Values | undefined): boolean {
    return annotationsOf(inputs)[autonamed] === "true";
}

function autoname(name: string, metadata: Values, oldInputs: Values | undefined): Values {
    const kept = isAutonamed(oldInputs) ? field(oldInputs, "metadata", "name") : undefined;
    const annotations = annotationsOf({ metadata });
    return {
        ...metadata,
        annotations: { ...annotations, [autonamed]: "true" },
        name: kept ?? `${name}-${randomBytes(4).toString("hex")}`,
    };
}

function encodeSecret({ data, stringData, ...rest }: Values): Values {
    if (stringData === undefined) {
        return { ...rest, ...(data === undefined ? {} : { data }) };
    }
    const encode = (text: Value) =>
        typeof text === "string" && text !== unknown ? Buffer.from(text).toString("base64") : text;
    const encoded = isObject(stringData)
        ? { ...(isObject(data) ? data : {}), ...mapValues(stringData, encode) }
        : stringData;
    return { ...rest, data: encoded };
}
