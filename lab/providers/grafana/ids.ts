/** Where the API for alerting begins. */
export const provisioning = "/v1/provisioning";

/** Returns the parts of a resource's id behind the organization, which an import id may leave out. */
export function idParts(id: string): readonly [string, string] {
    const [first = "", ...rest] = id.replace(/^\d+:/, "").split(":");
    return [first, rest.join(":")];
}
