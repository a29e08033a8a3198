import type { Parts } from "./converge";
import type { Op } from "./listener";
import type { ResourceState } from "./state";
import { Stopped } from "./steps";
import { nameOf, providerTypePrefix, splitReference } from "./urn";
import { revealAll } from "./values";

/**
 * For each resource the ones that must be gone before it: those that depend on it, are its children, were made by it as a
 * provider, or go with it.
 */
export function deletionOrder(
    resources: readonly ResourceState[],
): Map<ResourceState, readonly ResourceState[]> {
    const needs = (one: ResourceState, other: ResourceState) =>
        [
            ...one.dependencies,
            one.parent,
            one.provider === undefined ? undefined : splitReference(one.provider).urn,
            one.deletedWith,
        ].includes(other.urn);
    return new Map(
        resources.map((resource) => [
            resource,
            resources.filter((other) => other !== resource && needs(other, resource)),
        ]),
    );
}

/** Deletes what the program has no longer and what was replaced, dependents first, side by side where the order allows. */
export async function deleteLeftovers(parts: Parts): Promise<void> {
    // Last made, first deleted, where nothing else decides; protected ones, which stop everything, at the end.
    const leftovers = parts.journal
        .leftovers()
        .reverse()
        .sort((a, b) => Number(a.protect ?? false) - Number(b.protect ?? false));
    const order = deletionOrder(leftovers);
    const going = new Set(leftovers.map((state) => state.urn));
    const done = new Map<ResourceState, Promise<void>>();
    const remove = async (state: ResourceState): Promise<void> => {
        for (const before of order.get(state) ?? []) {
            await start(before);
        }
        await parts.steps.inTurn(state.urn, async () => {
            const gone = state.deletedWith !== undefined && going.has(state.deletedWith);
            const op = state.delete === true ? "delete-replaced" : "delete";
            await deleteResource(parts, state, op, gone);
        });
    };
    const start = async (state: ResourceState): Promise<void> => {
        const begun = done.get(state) ?? remove(state);
        done.set(state, begun);
        return begun;
    };
    const outcomes = await Promise.allSettled(leftovers.map(start));
    if (outcomes.some((outcome) => outcome.status === "rejected")) {
        throw new Stopped();
    }
}

/**
 * One deletion.
 * @param gone whether it vanishes with another resource, so that its provider is not asked
 * @throws when it is protected
 */
export async function deleteResource(
    { journal, providers, steps, listener }: Parts,
    state: ResourceState,
    op: Op,
    gone: boolean,
): Promise<void> {
    const { urn, type, id = "", provider } = state;
    const step = { op, urn, changes: [], ...(provider === undefined ? {} : { provider }) };
    await steps.perform(step, async () => {
        if (state.protect && op === "delete") {
            const remedy = "take `protect` off it in the program and run `up` first.";
            listener.diagnostic("warning", `it is protected: ${remedy}`, urn);
            throw new Error(`resource "${urn}" cannot be deleted`);
        }
        const left = gone || state.retainOnDelete === true || !state.custom || steps.preview;
        if (!left && !type.startsWith(providerTypePrefix)) {
            const timeout = state.customTimeouts?.delete;
            const request = {
                ...{ urn, type, id, name: nameOf(urn), preview: false, ignoreChanges: [] },
                oldInputs: revealAll(state.inputs),
                oldOutputs: revealAll(state.outputs),
                ...(timeout === undefined ? {} : { timeout }),
                status: (text: string) => {
                    listener.status(urn, text);
                },
            };
            const again = journal.cutOff(urn).some((operation) => operation.op === op);
            await providers.for(type, provider ?? "").delete(request, again);
        }
        journal.remove(state);
    });
}
