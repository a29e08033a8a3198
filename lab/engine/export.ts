import type { Project } from "./project";
import { loadState } from "./state";
import { isObject, isSecret, mapValues, secretSignature, signatureKey, type Value } from "./values";

/** A stack's state as `pulumi stack export --show-secrets` prints it: secrets as JSON text beside their mark. */
export function exportState({ stateFile, crypter }: Project): string {
    const resources = loadState(stateFile, crypter).resources.map((resource) => ({
        ...resource,
        inputs: mapValues(resource.inputs, showSecrets),
        outputs: mapValues(resource.outputs, showSecrets),
    }));
    return JSON.stringify({ version: 3, deployment: { resources } }, null, 4);
}

function showSecrets(value: Value): Value {
    if (isSecret(value)) {
        return { [signatureKey]: secretSignature, plaintext: JSON.stringify(value.value) };
    }
    if (Array.isArray(value)) {
        return value.map(showSecrets);
    }
    return isObject(value) ? mapValues(value, showSecrets) : value;
}
