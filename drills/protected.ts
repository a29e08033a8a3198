import { z } from "zod";

const resources = z
    .array(z.object({ urn: z.string(), protect: z.boolean().optional() }))
    .optional();
/** What `pulumi stack export` gives, and the file of a backend on a disk. */
const stateOf = z.object({
    deployment: z.object({ resources }).nullish(),
    checkpoint: z.object({ latest: z.object({ resources }).nullish() }).nullish(),
});

/** The names of the resources that a stack's state has under protection: the state decides, not the configuration. Pure. */
export function protectedIn(state: unknown): string[] {
    const { deployment, checkpoint } = stateOf.parse(state);
    const all = deployment?.resources ?? checkpoint?.latest?.resources ?? [];
    return all
        .filter(({ protect }) => protect === true)
        .map(({ urn }) => urn.split("::").slice(3).join("::"));
}
