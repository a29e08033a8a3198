import type { PendingOperation, ResourceState, Snapshot } from "./state";

/**
 * What was there before a run, and what has become of it: the old resources, and the new ones in the order their steps ended.
 * Calls `save` after every change, so that a run that is cut off leaves what it did.
 */
export class Journal {
    readonly #olds: ResourceState[];
    readonly #news: ResourceState[] = [];
    readonly #pending: PendingOperation[] = [];
    /** Old resources that the program still has. */
    readonly #kept = new Set<ResourceState>();

    constructor(
        loaded: Snapshot,
        private readonly save: (snapshot: Snapshot) => void,
    ) {
        this.#olds = [...loaded.resources];
    }

    /** The resource of that name from before the run, unless it only waits for its deletion. */
    old(urn: string): ResourceState | undefined {
        return this.#olds.find((state) => state.urn === urn && state.delete === undefined);
    }

    /** The provider resource behind a `URN::ID`, made in this run or before. */
    provider(reference: string): ResourceState | undefined {
        const same = (state: ResourceState) => `${state.urn}::${state.id ?? ""}` === reference;
        return this.#news.find(same) ?? this.#olds.find(same);
    }

    /** Old resources that depend on `urn`. */
    dependents(urn: string): ResourceState[] {
        return this.#olds.filter((state) => state.dependencies.includes(urn));
    }

    keep(old: ResourceState): void {
        this.#kept.add(old);
    }

    /** Old resources that the program has no longer, and replaced ones: what is left to delete. */
    leftovers(): ResourceState[] {
        return this.#olds.filter((state) => state.delete === true || !this.#kept.has(state));
    }

    begin(operation: PendingOperation): void {
        this.#pending.push(operation);
        this.#write();
    }

    end(operation: PendingOperation): void {
        this.#pending.splice(this.#pending.indexOf(operation), 1);
        this.#write();
    }

    /**
     * A step has made `state`, in the place of `old` if there was one.
     * @param fate what becomes of `old`: it is the same resource ("drop"), or exists beside the new one until it is deleted
     */
    record(state: ResourceState, old?: ResourceState, fate: "drop" | "condemn" = "drop"): void {
        this.#news.push(state);
        const at = old ? this.#olds.indexOf(old) : -1;
        if (old && at !== -1) {
            this.#olds.splice(
                at,
                1,
                ...(fate === "drop" ? [] : [{ ...old, delete: true as const }]),
            );
        }
        this.#write();
    }

    remove(old: ResourceState): void {
        this.#olds.splice(this.#olds.indexOf(old), 1);
        this.#write();
    }

    /** A component or the stack has said what it exports. */
    setOutputs(urn: string, outputs: ResourceState["outputs"]): void {
        const state = this.#news.find((one) => one.urn === urn);
        if (state) {
            state.outputs = outputs;
            this.#write();
        }
    }

    #write(): void {
        this.save({ resources: [...this.#news, ...this.#olds], pending: this.#pending });
    }
}
