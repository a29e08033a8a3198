import type { Parts } from "./converge";
import type { Op } from "./listener";
import type { ResourceState } from "./state";
import { Stopped } from "./steps";
import { nameOf, providerTypePrefix, splitReference } from "./urn";
import { revealAll } from "./values";

/**
 * The order of deletions, as Pulumi schedules them: waves, in each of which nothing depends on another. A resource goes after
 * those that depend on it, are its children, were made by it as a provider, or go with it.
 */
export function deletionWaves(resources: readonly ResourceState[]): ResourceState[][] {
    const depths = new Map<ResourceState, number>();
    const depthOf = (resource: ResourceState): number => {
        const known = depths.get(resource);
        if (known !== undefined) {
            return known;
        }
        const needed = new Set(neededBy(resource));
        const below = resources.filter((other) => other !== resource && needed.has(other.urn));
        const depth = below.reduce((deepest, other) => Math.max(deepest, depthOf(other) + 1), 0);
        depths.set(resource, depth);
        return depth;
    };
    const waves: ResourceState[][] = [];
    for (const resource of resources) {
        (waves[depthOf(resource)] ??= []).push(resource);
    }
    return waves.reverse();
}

function neededBy({ dependencies, parent, provider, deletedWith }: ResourceState): string[] {
    const single = [
        parent,
        provider === undefined ? undefined : splitReference(provider).urn,
        deletedWith,
    ];
    return [...dependencies, ...single.filter((urn) => urn !== undefined)];
}

/** Deletes what the program has no longer and what was replaced: each wave side by side, and none after one that failed. */
export async function deleteLeftovers(parts: Parts): Promise<void> {
    // Last made, first deleted, where nothing else decides; protected ones, which stop everything, at the end.
    const leftovers = parts.journal
        .leftovers()
        .reverse()
        .sort((a, b) => Number(a.protect ?? false) - Number(b.protect ?? false));
    const going = new Set(leftovers.map((state) => state.urn));
    const remove = async (state: ResourceState): Promise<void> =>
        parts.steps.inTurn(state.urn, async () => {
            const gone = state.deletedWith !== undefined && going.has(state.deletedWith);
            const op = state.delete === true ? "delete-replaced" : "delete";
            await deleteResource(parts, state, op, gone);
        });
    for (const wave of deletionWaves(leftovers)) {
        const outcomes = await Promise.allSettled(wave.map(remove));
        if (outcomes.some((outcome) => outcome.status === "rejected")) {
            throw new Stopped();
        }
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
