/** Resource names as Pulumi writes them: `urn:pulumi:STACK::PROJECT::PARENT-TYPES$TYPE::NAME`. */
export interface UrnParts {
    readonly stack: string;
    readonly project: string;
    /** The URN of the parent; the root stack does not show in the names of its children. */
    readonly parent?: string;
    readonly type: string;
    readonly name: string;
}

export const stackType = "pulumi:pulumi:Stack";
export const providerTypePrefix = "pulumi:providers:";

export function makeUrn({ stack, project, parent, type, name }: UrnParts): string {
    const above = parent === undefined || parent === "" ? "" : qualifiedType(parent);
    const qualified = above === "" || above === stackType ? type : `${above}$${type}`;
    return `urn:pulumi:${stack}::${project}::${qualified}::${name}`;
}

function qualifiedType(urn: string): string {
    return urn.split("::")[2] ?? "";
}

/** The resource's own type, without those of its parents. */
export function typeOf(urn: string): string {
    return qualifiedType(urn).split("$").pop() ?? "";
}

export function nameOf(urn: string): string {
    return urn.split("::").slice(3).join("::");
}

/** A provider reference is `URN::ID`. */
export function splitReference(reference: string): { urn: string; id: string } {
    const at = reference.lastIndexOf("::");
    return { urn: reference.slice(0, at), id: reference.slice(at + 2) };
}

/** Providers that Pulumi makes by itself for resources without one; it leaves them out of its counts. */
export function isDefaultProvider(urn: string): boolean {
    return typeOf(urn).startsWith(providerTypePrefix) && nameOf(urn).startsWith("default");
}
