import { differences, formatPath, touches, parsePath } from "./diff";
import { clearCutOff } from "./cut-off";
import { deleteResource } from "./deletions";
import type { Journal } from "./journal";
import type { Listener, Op } from "./listener";
import { PartialFailure, type Diff, type ExistingRequest } from "./providers/provider";
import type { ProviderRegistry } from "./providers/registry";
import { shownChanges } from "./shown";
import type { ResourceState } from "./state";
import { Refused, type StepRunner } from "./steps";
import { containsSecret, mapValues, revealAll, unknown } from "./values";
import { checkedInputs, describe, finalOutputs, type Work } from "./work";

export interface Parts {
    readonly journal: Journal;
    readonly providers: ProviderRegistry;
    readonly steps: StepRunner;
    readonly listener: Listener;
}

/** Brings one resource to what the program wants; returns what it is then, and by which step. */
export async function converge(
    parts: Parts,
    work: Work,
): Promise<{ state: ResourceState; op: Op }> {
    const { goal, old } = work;
    const { importId } = goal;
    if (importId !== undefined && old?.importId !== importId && old?.id !== importId) {
        return { op: "import", state: await importResource(parts, work, importId) };
    }
    if (!old) {
        return { op: "create", state: await make(parts, work, "create") };
    }
    const diff = plan(parts, work, old);
    if (diff.changes.some((change) => change.replace === true)) {
        return { op: "replace", state: await replace(parts, work, old, diff) };
    }
    if (diff.changes.length > 0 || old.initErrors !== undefined) {
        return { op: "update", state: await update(parts, work, old, diff) };
    }
    // What became secret is so in the outputs too, though nothing has to be done for it.
    const state = describe(work, old.id ?? "", finalOutputs(work, old.outputs));
    await perform(parts, work, "same", undefined, () => {
        parts.journal.record(state, old);
        return Promise.resolve();
    });
    return { op: "same", state };
}

/** What differs, and what of it the provider, the program or a new provider say needs a replacement. */
function plan({ providers }: Parts, work: Work, old: ResourceState): Diff {
    const { goal, provider, reference } = work;
    if (!provider) {
        return { changes: differences(revealAll(old.inputs), revealAll(work.inputs)) };
    }
    const diff = withSecrecy(work, old, provider.diff({ ...existing(work, old), preview: false }));
    const patterns = goal.replaceOnChanges.map(parsePath);
    const changes = diff.changes.map((change) => ({
        ...change,
        replace:
            change.replace === true || patterns.some((pattern) => touches(pattern, change.path)),
    }));
    const moved =
        old.provider !== undefined &&
        reference !== undefined &&
        providers.meansReplacement(old.provider, reference);
    const provided = { path: ["provider"], kind: "update", replace: true } as const;
    return { ...diff, changes: moved ? [...changes, provided] : changes };
}

/** With the inputs that became secret, or are no longer, where the provider takes that for a difference. */
function withSecrecy({ provider, inputs }: Work, old: ResourceState, diff: Diff): Diff {
    const keys = Object.keys(inputs).filter(
        (key) =>
            provider?.secretsDiffer === true &&
            old.inputs[key] !== undefined &&
            containsSecret(inputs[key]) !== containsSecret(old.inputs[key]) &&
            !diff.changes.some(({ path }) => path[0] === key),
    );
    const changes = keys.map((key) => ({ path: [key], kind: "update" as const }));
    return { ...diff, changes: [...diff.changes, ...changes] };
}

/** @param replaced the old one that exists beside the new one until it is deleted */
async function make(
    parts: Parts,
    work: Work,
    op: Op,
    diff?: Diff,
    replaced?: ResourceState,
): Promise<ResourceState> {
    const { journal, steps } = parts;
    let state = describe(work, "", {});
    await perform(parts, work, op, diff, async () => {
        try {
            if (!steps.preview) {
                await clearCutOff(parts, work.urn);
            }
            const made = (await work.provider?.create({
                ...request(parts, work, "create"),
                preview: steps.preview,
            })) ?? { id: "", outputs: {} };
            state = describe(work, made.id, finalOutputs(work, made.outputs));
        } catch (error) {
            if (error instanceof PartialFailure && !steps.preview) {
                const outputs = finalOutputs(work, error.outputs);
                journal.record(describe(work, error.id, outputs, error), replaced, "condemn");
            }
            throw error;
        }
        journal.record(state, replaced, "condemn");
    });
    return state;
}

async function update(
    parts: Parts,
    work: Work,
    old: ResourceState,
    diff: Diff,
): Promise<ResourceState> {
    const { journal, steps } = parts;
    const id = old.id ?? "";
    let state = describe(work, id, old.outputs);
    await perform(parts, work, "update", diff, async () => {
        try {
            const outputs = await work.provider?.update({
                ...request(parts, work, "update"),
                ...existing(work, old),
                preview: steps.preview,
            });
            state = describe(work, id, outputs ? finalOutputs(work, outputs) : old.outputs);
        } catch (error) {
            if (error instanceof PartialFailure && !steps.preview) {
                const outputs = finalOutputs(work, error.outputs);
                journal.record(describe(work, id, outputs, error), old);
            }
            throw error;
        }
        journal.record(state, old);
    });
    return state;
}

async function replace(
    parts: Parts,
    work: Work,
    old: ResourceState,
    diff: Diff,
): Promise<ResourceState> {
    if (old.protect) {
        throw new Refused(
            `unable to replace resource "${work.urn}"\nas it is currently marked for protection. To unprotect the resource, remove the \`protect\` flag from the resource in your Pulumi program and run \`up\`.`,
        );
    }
    // A new one gets new generated values, such as its name.
    const fresh: Work = { ...work, inputs: checkedInputs(work, parts.steps.preview, true) };
    const whole = async () => perform(parts, work, "replace", diff, () => Promise.resolve());
    if (work.goal.deleteBeforeReplace ?? diff.deleteBeforeReplace ?? false) {
        assertNoDependentReplacement(parts, work);
        await deleteResource(parts, old, "delete-replaced", false);
        await whole();
        return make(parts, fresh, "create-replacement", diff);
    }
    const state = await make(parts, fresh, "create-replacement", diff, old);
    await whole();
    return state;
}

/** Pulumi would delete such dependents first; this engine says that it cannot rather than go on in another order. */
function assertNoDependentReplacement({ journal, providers }: Parts, { urn }: Work): void {
    for (const dependent of journal.dependents(urn)) {
        const oldInputs = revealAll(dependent.inputs);
        const inputs = mapValues(oldInputs, (value, key) =>
            dependent.propertyDependencies[key]?.includes(urn) === true ? unknown : value,
        );
        const provider =
            dependent.provider === undefined
                ? undefined
                : providers.for(dependent.type, dependent.provider);
        const diff = provider?.diff({
            ...{ urn: dependent.urn, type: dependent.type, name: "", id: dependent.id ?? "" },
            ...{ oldInputs, inputs, oldOutputs: revealAll(dependent.outputs) },
            ...{ ignoreChanges: [], preview: true },
        });
        const place = diff?.changes.find((change) => change.replace === true);
        if (place) {
            throw new Error(
                `replacing ${urn} deletes it first, which would also replace ${dependent.urn} (its ${formatPath(place.path)} depends on it); the bundled engine cannot do that. Use Pulumi's own engine for this change.`,
            );
        }
    }
}

async function importResource(parts: Parts, work: Work, importId: string): Promise<ResourceState> {
    const { journal } = parts;
    const { goal, old, provider } = work;
    if (!provider?.read) {
        throw new Error(`the bundled engine cannot import resources of type ${goal.type}.`);
    }
    const read = provider.read.bind(provider);
    let state = describe(work, "", finalOutputs(work, work.inputs));
    await perform(parts, work, "import", undefined, async () => {
        const found = await read(goal.type, importId);
        const ignored = goal.ignoreChanges.map(parsePath);
        const different = differences(found.inputs, revealAll(work.inputs)).filter(
            ({ path }) => !ignored.some((pattern) => touches(pattern, path)),
        );
        if (different.length > 0) {
            const places = different.map(({ path }) => formatPath(path)).join(", ");
            throw new Error(
                `inputs to import do not match the existing resource: ${places}. Write in the program what exists, or list these under ignoreChanges.`,
            );
        }
        state = describe(work, found.id, finalOutputs(work, found.outputs));
        journal.record(state, old);
    });
    return state;
}

function request({ listener }: Parts, { goal, urn, inputs }: Work, verb: "create" | "update") {
    const timeout = goal.customTimeouts?.[verb];
    return {
        ...{ urn, type: goal.type, name: goal.name, inputs: revealAll(inputs) },
        ...(timeout === undefined ? {} : { timeout }),
        status: (text: string) => {
            listener.status(urn, text);
        },
    };
}

function existing(
    { goal, urn, inputs }: Work,
    old: ResourceState,
): Omit<ExistingRequest, "timeout" | "status" | "preview"> {
    return {
        ...{ urn, type: goal.type, name: goal.name, id: old.id ?? "" },
        inputs: revealAll(inputs),
        oldInputs: revealAll(old.inputs),
        oldOutputs: revealAll(old.outputs),
        ignoreChanges: goal.ignoreChanges,
    };
}

async function perform(
    { steps }: Parts,
    { goal, urn, reference, old, inputs }: Work,
    op: Op,
    diff: Diff | undefined,
    action: () => Promise<void>,
): Promise<void> {
    const changes = diff ? shownChanges(diff.changes, old?.inputs ?? {}, inputs) : [];
    const provider = reference === undefined ? {} : { provider: reference };
    const creates = op === "create" || op === "create-replacement" ? { inputs } : undefined;
    await steps.perform({ op, urn, changes, ...provider }, action, goal.custom, creates);
}
