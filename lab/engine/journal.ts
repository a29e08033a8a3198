import { isDeepStrictEqual } from "node:util";
import { killPoint } from "./kill-point";
import type { PendingOperation, ResourceState, Snapshot } from "./state";

/**
 * What was there before a run, and what has become of it: the old resources, and the new ones in the order their steps ended.
 * Calls `save` after every change, so that a run that is cut off leaves what it did.
 */
export class Journal {
    readonly #olds: ResourceState[];
    readonly #news: ResourceState[] = [];
    readonly #pending: PendingOperation[] = [];
    /** Operations of earlier runs whose outcome nobody has seen yet. */
    readonly #cutOff: PendingOperation[];
    /** Old resources that the program still has. */
    readonly #kept = new Set<ResourceState>();

    constructor(
        loaded: Snapshot,
        private readonly save: (snapshot: Snapshot) => void,
    ) {
        this.#olds = [...loaded.resources];
        this.#cutOff = loaded.pending.filter((operation) => !this.#isRecorded(operation));
    }

    /** The operation on `urn` that an earlier run began and was cut off in; all of them without `urn`. */
    cutOff(urn?: string): PendingOperation[] {
        return this.#cutOff.filter((operation) => urn === undefined || operation.urn === urn);
    }

    /** What came of the operations on `urn` is known now. */
    settle(urn: string): void {
        const rest = this.#cutOff.filter((operation) => operation.urn !== urn);
        if (rest.length < this.#cutOff.length) {
            this.#cutOff.splice(0, this.#cutOff.length, ...rest);
            this.#write();
        }
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
        killPoint("before-call", operation);
    }

    end(operation: PendingOperation): void {
        killPoint("after-state", operation);
        this.#pending.splice(this.#pending.indexOf(operation), 1);
        this.#write();
    }

    /**
     * A step has made `state`, in the place of `old` if there was one.
     * @param fate what becomes of `old`: it is the same resource ("drop"), or exists beside the new one until it is deleted
     */
    record(state: ResourceState, old?: ResourceState, fate: "drop" | "condemn" = "drop"): void {
        this.#called(state);
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
        this.#called(old);
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

    /** A provider's call is over, and what it did is not written yet. */
    #called({ urn }: ResourceState): void {
        for (const operation of this.#pending.filter((pending) => pending.urn === urn)) {
            killPoint("after-call", operation);
        }
    }

    /** Whether a creation was cut off only after its resource was written. */
    #isRecorded({ urn, inputs }: PendingOperation): boolean {
        return this.#olds.some(
            (state) => state.urn === urn && isDeepStrictEqual(state.inputs, inputs),
        );
    }

    #write(): void {
        const pending = [...this.#cutOff, ...this.#pending];
        this.save({ resources: [...this.#news, ...this.#olds], pending });
    }
}
