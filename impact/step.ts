/** What a step does to the people in the house, from harmless to the worst. */
export const labels = ["nothing", "restart", "public outage", "data at risk"] as const;
export type Label = (typeof labels)[number];

/** One step of a preview, as Pulumi's event log has it. */
export interface Step {
    /** create, update, replace, delete, import, … */
    readonly op: string;
    readonly urn: string;
    /** Changed inputs as paths, e.g. `spec.template.spec`; empty when the engine does not tell. */
    readonly diffs: readonly string[];
    /** Inputs before and after, as far as they are told; secrets are not. */
    readonly before?: Inputs;
    readonly after?: Inputs;
}
export type Inputs = Readonly<Record<string, unknown>>;

/** What a step comes to, and why in a few words. */
export interface Impact {
    readonly label: Label;
    readonly why: string;
}

/** The type at the end of an urn's chain of types, e.g. `kubernetes:apps/v1:Deployment`. */
export function typeOf(urn: string): string {
    return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

export function nameOf(urn: string): string {
    return urn.split("::").slice(3).join("::");
}

/**
 * Two of the three steps of a replacement are left out: "replace" itself speaks for all. One that stands alone is the rest of an earlier
 * replacement, and counts.
 */
export function withoutParts<S extends { readonly op: string; readonly urn: string }>(
    steps: readonly S[],
): S[] {
    const replaced = steps.filter(({ op }) => op === "replace").map(({ urn }) => urn);
    return steps.filter(({ op, urn }) => !/-replace(ment|d)$/.test(op) || !replaced.includes(urn));
}
