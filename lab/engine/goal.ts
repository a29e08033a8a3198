import type { Timeouts } from "./state";
import type { Values } from "./values";

/** What the program wants of one resource. */
export interface Goal {
    readonly type: string;
    readonly name: string;
    readonly custom: boolean;
    readonly parent?: string;
    readonly inputs: Values;
    readonly dependencies: readonly string[];
    readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
    /** `URN::ID`; undefined means the package's default provider. */
    readonly provider?: string;
    /** The SDK's version, which is the package's. */
    readonly version: string;
    readonly protect: boolean;
    readonly retainOnDelete: boolean;
    readonly deletedWith?: string;
    /** Undefined leaves it to the provider. */
    readonly deleteBeforeReplace?: boolean;
    readonly ignoreChanges: readonly string[];
    readonly replaceOnChanges: readonly string[];
    readonly additionalSecretOutputs: readonly string[];
    /** URNs that it may have had before. */
    readonly aliases: readonly string[];
    readonly importId?: string;
    readonly customTimeouts?: Timeouts;
}

/** What the program learns about a resource it asked for. */
export interface Registered {
    readonly urn: string;
    /** Empty when it is not known yet. */
    readonly id: string;
    readonly outputs: Values;
}

/**
 * A duration as Go writes it, e.g. `90s`, `10m`, `1h30m`, in seconds; undefined for an empty text.
 * @throws when it is none
 */
export function parseDuration(text: string): number | undefined {
    if (text === "") {
        return undefined;
    }
    if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
        throw new Error(`"${text}" is not a duration; right: "90s", "10m", "1h30m"`);
    }
    const seconds = { ms: 0.001, s: 1, m: 60, h: 3600 };
    return [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce(
        (sum, [, count, unit]) => sum + Number(count) * seconds[unit as keyof typeof seconds],
        0,
    );
}
