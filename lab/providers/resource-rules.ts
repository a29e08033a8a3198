import { randomBytes } from "node:crypto";
import { differences } from "./diff";
import type { Found, Made, Old, Package, Rules, Status } from "./rules";
import type { Values } from "./values";

/** How one type of resource is handled by the provider that this stands in for. */
export interface ResourceRules {
    /** Every input that is handled; any other is refused. */
    readonly keys: readonly string[];
    readonly required: readonly string[];
    /** Inputs whose change replaces the resource. */
    readonly replaces: readonly string[];
    /** Whether a resource without a name gets one with a random end. @default false */
    readonly autoName?: boolean;
    create(inputs: Values, status: Status): Promise<Made>;
    /** @returns the new outputs */
    update(old: Old, inputs: Values, status: Status): Promise<Values>;
    delete(old: Old, status: Status): Promise<void>;
    /** @param old undefined for an import: `id` is then the import id */
    read(id: string, old: Old | undefined, status: Status): Promise<Found | undefined>;
}

/** A look at something that is no resource of the program's. */
export type PackageFunction<Connection> = (connection: Connection, args: Values) => Promise<Values>;

/**
 * Describes a package of several types, each handled with a connection to one account.
 * @param connect is called when the provider is configured, also by a preview: it makes no call
 * @param functions what the package answers by itself, by token @default none
 */
export function packageOf<Connection>(
    name: string,
    configKeys: readonly string[],
    types: Readonly<Record<string, (connection: Connection) => ResourceRules>>,
    connect: (config: Values) => Connection,
    functions: Readonly<Record<string, PackageFunction<Connection>>> = {},
): Package {
    return {
        name,
        types: Object.keys(types),
        checkConfig(inputs) {
            assertHandled(inputs, configKeys);
            return inputs;
        },
        configure(config) {
            const connection = connect(config);
            return {
                ...rulesOf((type) => types[type]?.(connection)),
                invoke: async (token, args) => {
                    const found = functions[token];
                    if (found === undefined) {
                        throw new Error(`the stand-in does not have the function ${token}.`);
                    }
                    return found(connection, args);
                },
            };
        },
    };
}

/** Combines the rules of several types. Neither `check` nor `diff` makes a call. */
function rulesOf(find: (type: string) => ResourceRules | undefined): Rules {
    const of = (type: string): ResourceRules => {
        const found = find(type);
        if (found === undefined) {
            throw new Error(`the stand-in has no rules for ${type}.`);
        }
        return found;
    };
    return {
        check({ type, name, inputs, oldInputs }) {
            const { keys, required, autoName = false } = of(type);
            assertHandled(inputs, keys);
            const missing = required.find((key) => inputs[key] === undefined);
            if (missing !== undefined) {
                throw new Error(`${missing} is missing.`);
            }
            return autoName && inputs["name"] === undefined
                ? { ...inputs, name: oldInputs?.["name"] ?? `${name}-${suffix()}` }
                : inputs;
        },
        diff(type, oldInputs, inputs) {
            const { replaces } = of(type);
            return differences(oldInputs, inputs).map((change) => ({
                ...change,
                replace: replaces.includes(String(change.path[0])),
            }));
        },
        create: async ({ type, status }, inputs) => of(type).create(inputs, status),
        update: async ({ type, status }, old, inputs) => of(type).update(old, inputs, status),
        delete: async ({ type, status }, old) => of(type).delete(old, status),
        read: async ({ type, status }, id, old) => of(type).read(id, old, status),
    };
}

/** Returns what pulumi-terraform-bridge puts behind a name of its own: seven hexadecimal digits. */
function suffix(): string {
    return randomBytes(4).toString("hex").slice(0, 7);
}

/** @throws for an input that the stand-in does not handle */
export function assertHandled(inputs: Values, keys: readonly string[]): void {
    const strange = Object.keys(inputs).find((key) => !keys.includes(key));
    if (strange !== undefined) {
        throw new Error(
            `the stand-in does not handle the input ${strange}; it handles ${keys.join(", ")}.`,
        );
    }
}
