import { randomBytes } from "node:crypto";
import { differences } from "../diff";
import type { Value, Values } from "../values";
import type { Made, Provider, ResourceRequest } from "./provider";

/** What a call is told beside its inputs. */
export type Status = (text: string) => void;

/** How one type of resource is handled by the provider that it stands for. */
export interface ResourceRules {
    /** Every input that is handled; any other is refused. */
    readonly keys: readonly string[];
    readonly required: readonly string[];
    /** Inputs whose change makes it anew. */
    readonly replaces: readonly string[];
    /** Has a name of its own making, with a random end, where the program gives it none. @default false */
    readonly autoName?: boolean;
    create(inputs: Values, status: Status): Promise<Made>;
    /** @returns its outputs */
    update(id: string, inputs: Values, oldOutputs: Values, status: Status): Promise<Values>;
    /** What is gone already is no failure. */
    delete(id: string, oldInputs: Values, oldOutputs: Values, status: Status): Promise<void>;
}

/** A provider of several types. Neither check nor diff nor preview makes a call. */
export function providerOf(rules: Readonly<Record<string, ResourceRules>>): Provider {
    const of = (type: string): ResourceRules => {
        const found = rules[type];
        if (found === undefined) {
            throw new Error(`the bundled engine has no rules for ${type}.`);
        }
        return found;
    };
    return {
        check({ type, name, inputs, oldInputs }) {
            const { keys, required, autoName = false } = of(type);
            assertKnown(inputs, keys);
            const missing = required.find((key) => inputs[key] === undefined);
            if (missing !== undefined) {
                throw new Error(`${missing} is missing.`);
            }
            const named = autoName && inputs["name"] === undefined;
            return {
                inputs: named
                    ? { ...inputs, name: oldInputs?.["name"] ?? `${name}-${suffix()}` }
                    : inputs,
            };
        },
        diff({ type, oldInputs, inputs }) {
            const { replaces } = of(type);
            const changes = differences(oldInputs, inputs).map((change) => ({
                ...change,
                replace: replaces.includes(String(change.path[0])),
            }));
            return { changes };
        },
        async create({ type, inputs, preview, status }: ResourceRequest) {
            return preview ? { id: "", outputs: inputs } : of(type).create(inputs, status);
        },
        async update({ type, id, inputs, oldOutputs, preview, status }) {
            return preview ? inputs : of(type).update(id, inputs, oldOutputs, status);
        },
        async delete({ type, id, oldInputs, oldOutputs, status }) {
            await of(type).delete(id, oldInputs, oldOutputs, status);
        },
    };
}

/** As pulumi-terraform-bridge names what has no name: a dash and seven hexadecimal digits. */
function suffix(): string {
    return randomBytes(4).toString("hex").slice(0, 7);
}

/** @throws for an input that this engine does not handle */
export function assertKnown(inputs: Values, keys: readonly string[]): void {
    const strange = Object.keys(inputs).find((key) => !keys.includes(key));
    if (strange !== undefined) {
        throw new Error(
            `${strange} is not handled by the bundled engine; it handles ${keys.join(", ")}.`,
        );
    }
}

/** A value that is a text; empty for any other. */
export function text(value: Value | undefined): string {
    return typeof value === "string" ? value : "";
}

/** A value that is a list; empty for any other. */
export function list(value: Value | undefined): readonly Value[] {
    return Array.isArray(value) ? value : [];
}
