import type { Change } from "./diff";
import type { Values } from "./values";

/** Shows people what a call waits for, until the next such text or the end of the call. */
export type Status = (text: string) => void;

interface About {
    readonly urn: string;
    readonly type: string;
    readonly name: string;
}

export interface CheckRequest extends About {
    readonly inputs: Values;
    /** Undefined for a new resource. */
    readonly oldInputs?: Values;
}

/** A resource as an earlier update left it. */
export interface Old {
    readonly id: string;
    readonly inputs: Values;
    readonly outputs: Values;
}

export interface WorkRequest extends About {
    /** Seconds; undefined means the provider's default. */
    readonly timeout?: number;
    readonly status: Status;
    /** Prints a line that stays. */
    readonly info: (line: string) => void;
    /** Aborts when the engine cancels the run. */
    readonly signal: AbortSignal;
}

export interface Made {
    readonly id: string;
    readonly outputs: Values;
}

/** What exists in the outside world under an id. */
export interface Found extends Made {
    readonly inputs: Values;
}

/**
 * The rules of one package, configured with the inputs of one provider resource. All values are plain: secrets are revealed before,
 * and only `check` and `diff` see unknowns. Previews of a creation or an update never get here.
 */
export interface Rules {
    /** @throws with what is wrong about an input */
    check(request: CheckRequest): Values;
    diff(type: string, oldInputs: Values, inputs: Values): readonly Change[];
    create(request: WorkRequest, inputs: Values): Promise<Made>;
    /** @returns the new outputs */
    update(request: WorkRequest, old: Old, inputs: Values): Promise<Values>;
    delete(request: WorkRequest, old: Old): Promise<void>;
    /**
     * Looks at what exists. Undefined when the package cannot look: then a refresh keeps the state as it is.
     * @param old undefined for an import: `id` is then the import id
     * @returns undefined when nothing exists
     */
    read?(request: WorkRequest, id: string, old: Old | undefined): Promise<Found | undefined>;
    /** Answers a function of the package. @throws for one that the stand-in does not have */
    invoke?(token: string, args: Values): Promise<Values>;
}

/** One package as the real one is published. */
export interface Package {
    readonly name: string;
    /** Resource types that it creates; the stand-in refuses any other. */
    readonly types: readonly string[];
    /** Whether an input that becomes secret, or no longer is, differs by that alone. @default false */
    readonly secretsDiffer?: boolean;
    /** Returns the provider resource's own inputs as the real package completes them. */
    checkConfig(inputs: Values): Values;
    configure(config: Values): Rules;
}
