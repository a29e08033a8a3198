import { randomUUID } from "node:crypto";
import { differences } from "../diff";
import type { Journal } from "../journal";
import { providerTypePrefix, splitReference, typeOf } from "../urn";
import { revealAll, type Values } from "../values";
import { cloudflarePackage } from "./cloudflare";
import { commandPackage } from "./command/package";
import { grafanaPackage } from "./grafana";
import { kubernetesPackage } from "./kubernetes/package";
import type { Package, Provider } from "./provider";

const packages: readonly Package[] = [
    commandPackage,
    cloudflarePackage,
    kubernetesPackage,
    grafanaPackage,
];

/** The packages that this engine has rules for, and the providers that were set up in this run. */
export class ProviderRegistry {
    readonly #configured = new Map<string, Provider>();

    constructor(private readonly journal: Journal) {}

    /** @throws when `type` is not one that this engine has rules for */
    assertKnown(type: string): void {
        const provider = type.startsWith(providerTypePrefix);
        const known = packageOf(provider ? packageName(type) : (type.split(":")[0] ?? ""), type);
        if (!provider && !known.types.includes(type)) {
            throw unknownType(type);
        }
    }

    /** The rules for resources of `type` under the provider `reference`. */
    for(type: string, reference: string): Provider {
        if (type.startsWith(providerTypePrefix)) {
            return providerResource(packageOf(packageName(type), type));
        }
        const { urn } = splitReference(reference);
        // A provider made in this run is found by its name alone: its id is unknown in a preview.
        const ready = this.#configured.get(reference) ?? this.#configured.get(urn);
        if (ready) {
            return ready;
        }
        const state = this.journal.provider(reference);
        if (!state) {
            throw new Error(
                `the provider ${reference} of a ${type} is neither in the program nor in the state.`,
            );
        }
        const { configure } = packageOf(type.split(":")[0] ?? "", type);
        const provider = configure(revealAll(state.inputs));
        this.#configured.set(reference, provider);
        return provider;
    }

    /** Sets a provider up with the inputs that its resource has now. */
    configure(urn: string, id: string, inputs: Values): void {
        const type = typeOf(urn);
        const { configure } = packageOf(packageName(type), type);
        const provider = configure(revealAll(inputs));
        this.#configured.set(urn, provider);
        this.#configured.set(`${urn}::${id}`, provider);
    }

    /** Whether going from one provider to another means that a resource must be made anew. */
    meansReplacement(from: string, to: string): boolean {
        const before = splitReference(from);
        const after = splitReference(to);
        if (from === to) {
            return false;
        }
        if (before.urn === after.urn) {
            return true;
        }
        const type = typeOf(after.urn);
        const inputs = [from, to].map((one) => revealAll(this.journal.provider(one)?.inputs ?? {}));
        const known = packageOf(packageName(type), type);
        return known.replaces(inputs[0] ?? {}, inputs[1] ?? {}).length > 0;
    }
}

/** The package that a provider resource's type names. */
function packageName(providerType: string): string {
    return providerType.slice(providerTypePrefix.length);
}

function packageOf(name: string, type: string): Package {
    const found = packages.find((one) => one.name === name);
    if (!found) {
        throw unknownType(type);
    }
    return found;
}

function unknownType(type: string): Error {
    const known = packages.flatMap((one) => one.types).join(", ");
    return new Error(
        `the bundled engine has no rules for resources of type ${type}; it knows ${known}. Install Pulumi's own engine for others.`,
    );
}

/** A provider resource itself: it is made by remembering its inputs. */
function providerResource({ checkConfig, replaces }: Package): Provider {
    return {
        check: ({ inputs }) => ({ inputs: checkConfig(inputs) }),
        diff({ oldInputs, inputs }) {
            const keys = replaces(oldInputs, inputs);
            return {
                changes: differences(oldInputs, inputs).map((change) => ({
                    ...change,
                    replace: keys.includes(String(change.path[0])),
                })),
            };
        },
        create: ({ inputs, preview }) =>
            Promise.resolve({ id: preview ? "" : randomUUID(), outputs: inputs }),
        update: ({ inputs }) => Promise.resolve(inputs),
        delete: () => Promise.resolve(),
    };
}
