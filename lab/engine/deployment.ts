import { formerNames } from "./aliases";
import { converge, type Parts } from "./converge";
import { clearForgottenCutOffs } from "./cut-off";
import { deleteLeftovers } from "./deletions";
import type { Goal, Registered } from "./goal";
import type { Op } from "./listener";
import type { ResourceState } from "./state";
import { Refused } from "./steps";
import { makeUrn, providerTypePrefix, stackType } from "./urn";
import { mask, unknown, type Value, type Values } from "./values";
import { checkedInputs } from "./work";

/** One run of the program: what it registers becomes steps, and what it no longer has is deleted. */
export class Deployment {
    readonly #seen = new Map<string, Op>();
    /** By which alias a resource was found, and by whom each was claimed. */
    readonly #former = new Map<string, string>();
    readonly #claimed = new Map<string, string>();
    readonly #defaults = new Map<string, Promise<Registered>>();
    #root: { readonly urn: string; outputs?: Values } | undefined;

    constructor(
        private readonly names: { readonly stack: string; readonly project: string },
        private readonly parts: Parts,
    ) {}

    get rootUrn(): string {
        return this.#root?.urn ?? "";
    }

    /**
     * Brings one resource to what the program wants.
     * @throws when it fails; that has been reported then, and nothing further begins
     */
    async register(goal: Goal): Promise<Registered> {
        const urn = makeUrn({ ...this.names, ...goal });
        if (goal.custom) {
            this.parts.providers.assertKnown(goal.type);
        }
        const reference = await this.#providerOf(goal);
        return this.parts.steps.inTurn(urn, async () => this.#converge(goal, urn, reference));
    }

    /** Keeps what a component exports; the stack's own outputs wait until all steps are over, as with Pulumi. */
    registerOutputs(urn: string, outputs: Values): void {
        const op = this.#seen.get(urn);
        if (op === undefined) {
            throw new Error(`outputs came for ${urn}, which the program has not registered.`);
        }
        if (urn === this.#root?.urn) {
            this.#root.outputs = outputs;
        } else {
            this.#keepOutputs(urn, op, outputs);
        }
    }

    /** Deletes what the program no longer has. */
    async deleteLeftovers(): Promise<void> {
        await clearForgottenCutOffs(this.parts, new Set(this.#seen.keys()));
        await deleteLeftovers(this.parts);
    }

    /** Keeps the stack's outputs, now that nothing else happens, and returns them as they may be shown. */
    finishStack(): Record<string, Value | undefined> {
        const { urn = "", outputs } = this.#root ?? {};
        if (outputs) {
            this.#keepOutputs(urn, this.#seen.get(urn) ?? "same", outputs);
        }
        return mask(outputs ?? {}) as Values;
    }

    #keepOutputs(urn: string, op: Op, outputs: Values): void {
        this.parts.journal.setOutputs(urn, outputs);
        this.parts.listener.ended({ op, urn, changes: [] });
    }

    async #converge(goal: Goal, urn: string, reference?: string): Promise<Registered> {
        const { journal, providers, steps } = this.parts;
        if (this.#seen.has(urn)) {
            throw new Refused(`Duplicate resource URN '${urn}'; try giving it a unique name`);
        }
        this.#seen.set(urn, "same");
        if (goal.type === stackType) {
            this.#root = { urn };
        }
        const old = this.#oldOf(goal, urn);
        if (old) {
            journal.keep(old);
        }
        const provider = goal.custom ? providers.for(goal.type, reference ?? "") : undefined;
        const bare = { goal, urn, provider, reference, old };
        const inputs = checkedInputs(bare, steps.preview, false);
        const { state, op } = await converge(this.parts, { ...bare, inputs });
        this.#seen.set(urn, op);
        if (goal.type.startsWith(providerTypePrefix)) {
            providers.configure(urn, state.id ?? "", state.inputs);
        }
        return { urn, id: state.id ?? "", outputs: state.outputs };
    }

    /** What the state has of a resource, under its own name or a former one. @throws when another one has claimed that */
    #oldOf(goal: Goal, urn: string): ResourceState | undefined {
        const { journal } = this.parts;
        const former = formerNames(this.names, goal, this.#former.get(goal.parent ?? ""));
        const found = [urn, ...former].find(
            (name) => this.#claimed.has(name) || journal.old(name) !== undefined,
        );
        const other = this.#claimed.get(found ?? "");
        if (other !== undefined) {
            throw new Refused(
                `Duplicate resource alias '${found ?? ""}' applied to resource with URN '${urn}' conflicting with resource with URN '${other}'`,
            );
        }
        if (found !== undefined && found !== urn) {
            this.#claimed.set(found, urn);
            this.#former.set(urn, found);
        }
        return found === undefined ? undefined : journal.old(found);
    }

    /** The provider that the program named, or the one that Pulumi makes by itself for each package and version. */
    async #providerOf({ type, custom, provider, version }: Goal): Promise<string | undefined> {
        if (!custom || type.startsWith(providerTypePrefix) || provider !== undefined) {
            return provider;
        }
        const suffix = version === "" ? "" : `_${version.replace(/[^0-9A-Za-z]/g, "_")}`;
        const goal: Goal = {
            type: `${providerTypePrefix}${type.split(":")[0] ?? ""}`,
            name: `default${suffix}`,
            inputs: version === "" ? {} : { version },
            ...{ custom: true, version, protect: false, retainOnDelete: false },
            ...{ dependencies: [], propertyDependencies: {}, aliases: [] },
            ...{ ignoreChanges: [], replaceOnChanges: [], additionalSecretOutputs: [] },
        };
        const key = `${goal.type}::${goal.name}`;
        const made = this.#defaults.get(key) ?? this.register(goal);
        this.#defaults.set(key, made);
        const { urn, id } = await made;
        return `${urn}::${id === "" ? unknown : id}`;
    }
}
