import type { Change } from "../diff";
import type { Values } from "../values";

/** What a provider is told about a resource. Inputs and outputs come with their secrets revealed. */
export interface ResourceRequest {
    readonly urn: string;
    readonly type: string;
    readonly name: string;
    readonly inputs: Values;
    /** Unknown values may stand among the inputs; nothing but the program's own values may be needed for an answer. */
    readonly preview: boolean;
    /** Seconds; undefined means the provider's default. */
    readonly timeout?: number;
    /** Tells people what the step is waiting for. */
    readonly status: (text: string) => void;
}

export interface ExistingRequest extends ResourceRequest {
    readonly id: string;
    readonly oldInputs: Values;
    readonly oldOutputs: Values;
    /** Input keys that the program told to leave as they are. */
    readonly ignoreChanges: readonly string[];
}

export interface Checked {
    readonly inputs: Values;
    /** Top-level inputs that are secret whatever the program said. @default none */
    readonly secrets?: readonly string[];
}

export interface Diff {
    readonly changes: readonly (Change & { readonly replace?: boolean })[];
    /** The new one cannot exist beside the old one. */
    readonly deleteBeforeReplace?: boolean;
}

export interface Made {
    /** Empty in a preview. */
    readonly id: string;
    readonly outputs: Values;
}

/** The rules of one package, set up with the inputs of one provider resource. */
export interface Provider {
    /** Whether an input that becomes secret, or no longer is, differs by that alone. @default false */
    readonly secretsDiffer?: boolean;
    /** @throws with what is wrong about an input */
    check(
        request: Omit<ResourceRequest, "timeout" | "status"> & { readonly oldInputs?: Values },
    ): Checked;
    diff(request: Omit<ExistingRequest, "timeout" | "status">): Diff;
    create(request: ResourceRequest): Promise<Made>;
    update(request: ExistingRequest): Promise<Values>;
    /** @param again an earlier run was cut off while it deleted this: that it is gone already is no failure */
    delete(request: Omit<ExistingRequest, "inputs">, again?: boolean): Promise<void>;
    /**
     * Before a creation that an earlier run was cut off in is done again: removes what that run made, if nobody else can have
     * made it. Otherwise nothing may be made a second time.
     * @returns what is there, and what a person has to do; undefined when the way is free
     */
    afterCutOff?(request: Omit<ResourceRequest, "preview">): Promise<string | undefined>;
    /** What exists under an id, for `import`. @default the package cannot import */
    read?(type: string, id: string): Promise<{ id: string; inputs: Values; outputs: Values }>;
}

/** One package as the real one is published: what it can make and how its provider resource behaves. */
export interface Package {
    readonly name: string;
    /** Resource types it makes; any other is refused. */
    readonly types: readonly string[];
    /** The provider resource's own inputs, as the real package completes them. */
    readonly checkConfig: (inputs: Values) => Values;
    /** Which changed inputs of the provider resource mean another target, so that every resource is replaced. */
    readonly replaces: (oldInputs: Values, inputs: Values) => readonly string[];
    readonly configure: (inputs: Values) => Provider;
}

/** The resource exists, but is not as it should be: it is kept in the state and updated next time. */
export class PartialFailure extends Error {
    constructor(
        readonly id: string,
        readonly outputs: Values,
        readonly reasons: readonly string[],
    ) {
        // The layout of the errors that Pulumi's own providers aggregate.
        const count = reasons.length === 1 ? "1 error" : `${reasons.length} errors`;
        super(`${count} occurred:\n${reasons.map((reason) => `\t* ${reason}\n`).join("")}\n`);
    }
}
