import { keepOld, parsePath } from "./diff";
import type { Goal } from "./goal";
import { PartialFailure, type Provider } from "./providers/provider";
import type { ResourceState } from "./state";
import { annotateSecrets, mapValues, revealAll, secret, type Value, type Values } from "./values";

/** A resource while its steps are planned and done. */
export interface Work {
    readonly goal: Goal;
    readonly urn: string;
    /** The rules for it; undefined for components. */
    readonly provider: Provider | undefined;
    /** `URN::ID` of that provider; undefined for providers and components. */
    readonly reference: string | undefined;
    readonly old: ResourceState | undefined;
    /** What the provider's check has made of the program's inputs. */
    readonly inputs: Values;
}

/** The program's inputs, with what `ignoreChanges` holds back, as completed by the provider. */
export function checkedInputs(
    { goal, urn, provider, old }: Omit<Work, "inputs">,
    preview: boolean,
    fresh: boolean,
): Values {
    const wanted = goal.ignoreChanges.reduce<Values>(
        (inputs, path) => (old ? (keepOld(parsePath(path), old.inputs, inputs) as Values) : inputs),
        goal.inputs,
    );
    if (!provider) {
        return wanted;
    }
    const { type, name } = goal;
    const oldInputs = old && !fresh ? { oldInputs: revealAll(old.inputs) } : {};
    try {
        const checked = provider.check({
            ...{ urn, type, name, preview },
            ...oldInputs,
            inputs: revealAll(wanted),
        });
        return mapValues(annotateSecrets(checked.inputs, wanted), (value, key) =>
            checked.secrets?.includes(key) === true ? secret(value) : value,
        );
    } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`${type} resource '${name}' has a problem: ${reason}`);
    }
}

/** Outputs with everything secret that the inputs or the program say is. */
export function finalOutputs({ goal, inputs }: Work, outputs: Values): Values {
    return mapValues(annotateSecrets(outputs, inputs), (value: Value, key) =>
        goal.additionalSecretOutputs.includes(key) ? secret(value) : value,
    );
}

/** What is kept about a resource once a step has made it so. */
export function describe(
    { goal, urn, reference, inputs, old }: Work,
    id: string,
    outputs: Values,
    failure?: PartialFailure,
): ResourceState {
    const importId = goal.importId ?? old?.importId;
    return {
        ...{ urn, type: goal.type, custom: goal.custom },
        ...(goal.custom ? { id } : {}),
        ...(goal.parent === undefined ? {} : { parent: goal.parent }),
        ...(reference === undefined ? {} : { provider: reference }),
        ...{ inputs, outputs },
        dependencies: goal.dependencies,
        propertyDependencies: goal.propertyDependencies,
        ...(goal.protect ? { protect: true } : {}),
        ...(goal.retainOnDelete ? { retainOnDelete: true } : {}),
        ...(goal.deletedWith === undefined ? {} : { deletedWith: goal.deletedWith }),
        ...(goal.customTimeouts ? { customTimeouts: goal.customTimeouts } : {}),
        ...(importId === undefined ? {} : { importId }),
        ...(failure ? { initErrors: failure.reasons } : {}),
    };
}
