import type { Parts } from "./converge";
import type { PendingOperation } from "./state";
import { nameOf, providerTypePrefix, typeOf } from "./urn";
import { revealAll } from "./values";

/**
 * Makes the way free for a creation that an earlier run was cut off in. Pulumi's own engine warns of such a run and makes the
 * resource again, beside what may be there; this one looks first.
 * @throws with what to do when something is there that this engine may not remove
 */
export async function clearCutOff(parts: Parts, urn: string): Promise<void> {
    for (const operation of parts.journal.cutOff(urn).filter(isCreation)) {
        const remedy = await afterCutOff(parts, operation);
        if (remedy !== undefined) {
            throw new Error(remedy);
        }
    }
}

/** The same for what the program no longer has, or what is destroyed; what is still in the state is dealt with by its own step. */
export async function clearForgottenCutOffs(
    { journal, steps, ...parts }: Parts,
    seen: ReadonlySet<string>,
): Promise<void> {
    for (const operation of steps.preview ? [] : journal.cutOff()) {
        const { urn } = operation;
        if (!seen.has(urn) && (isCreation(operation) || journal.old(urn) === undefined)) {
            await steps.inTurn(urn, async () => clearCutOff({ ...parts, journal, steps }, urn));
            journal.settle(urn);
        }
    }
}

async function afterCutOff(
    { providers, listener }: Parts,
    { urn, provider, inputs = {} }: PendingOperation,
): Promise<string | undefined> {
    const type = typeOf(urn);
    if (provider === undefined || type.startsWith(providerTypePrefix)) {
        return undefined;
    }
    return providers.for(type, provider).afterCutOff?.({
        ...{ urn, type, name: nameOf(urn), inputs: revealAll(inputs) },
        status: (text) => {
            listener.status(urn, text);
        },
    });
}

function isCreation({ op }: PendingOperation): boolean {
    return op === "create" || op === "create-replacement";
}
