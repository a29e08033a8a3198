import type { Value } from "./values";
import type { Path } from "./diff";

export type Op =
    | "same"
    | "create"
    | "update"
    | "delete"
    | "import"
    | "replace"
    | "create-replacement"
    | "delete-replaced";

/** One difference as it may be shown: secrets are masked. */
export interface ShownChange {
    readonly path: Path;
    readonly kind: "add" | "delete" | "update";
    readonly replace: boolean;
    readonly before?: Value;
    readonly after?: Value;
}

export interface Step {
    readonly op: Op;
    readonly urn: string;
    readonly provider?: string;
    /** Empty for all but updates and replacements. */
    readonly changes: readonly ShownChange[];
}

export type Severity = "info" | "warning" | "error";
export type Counts = Partial<Record<Op, number>>;

/** Hears what a run does, as it does it. */
export interface Listener {
    began(step: Step): void;
    ended(step: Step): void;
    failed(step: Step): void;
    /** What a running step waits for, or what its command printed. */
    status(urn: string, text: string): void;
    diagnostic(severity: Severity, message: string, urn?: string): void;
    finished(result: {
        readonly counts: Counts;
        readonly seconds: number;
        readonly failed: boolean;
        /** The stack's outputs, masked. */
        readonly outputs: Readonly<Record<string, Value | undefined>>;
    }): void;
}

/** Tells several listeners the same. */
export function tellAll(listeners: readonly Listener[]): Listener {
    const each = (tell: (listener: Listener) => void) => {
        listeners.forEach(tell);
    };
    return {
        began: (step) => {
            each((listener) => {
                listener.began(step);
            });
        },
        ended: (step) => {
            each((listener) => {
                listener.ended(step);
            });
        },
        failed: (step) => {
            each((listener) => {
                listener.failed(step);
            });
        },
        status: (urn, text) => {
            each((listener) => {
                listener.status(urn, text);
            });
        },
        diagnostic: (severity, message, urn) => {
            each((listener) => {
                listener.diagnostic(severity, message, urn);
            });
        },
        finished: (result) => {
            each((listener) => {
                listener.finished(result);
            });
        },
    };
}
