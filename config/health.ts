import { createHash } from "node:crypto";

/** As it was before each tunnel had a health hostname of its own: connectors still answer it, for a watchdog that has not moved yet. */
const formerLabel = "tunnel-health";
/** The longest label that DNS allows, less "tunnel-health-". */
const longestPart = 49;

export interface HealthOf {
    /** The tunnel's name at Cloudflare. */
    readonly name: string;
    /** @default made from the tunnel's name */
    readonly healthHostname?: string | undefined;
}

/**
 * Returns the hostname that a tunnel's connectors answer themselves, one label below the first zone, where Universal SSL covers it.
 * It comes from the tunnel's name, which Cloudflare has once in an account, and a tunnel serves only records of its own account: so
 * two homes on one domain never share it. A re-created tunnel keeps it; a renamed one gets another, unless `healthHostname` is set.
 */
export function healthHostname(tunnel: HealthOf, zones: readonly { domain: string }[]): string {
    return (
        tunnel.healthHostname ??
        `${formerLabel}-${labelPart(tunnel.name)}.${zones[0]?.domain ?? ""}`
    );
}

/** Returns the health hostname that every home had on a domain before. */
export function formerHealthHostname(zones: readonly { domain: string }[]): string {
    return `${formerLabel}.${zones[0]?.domain ?? ""}`;
}

/** A name that DNS would not take as it is, or would not tell from another, ends with a checksum. */
function labelPart(name: string): string {
    const part = name.toLowerCase().replace(/[^a-z0-9-]+/g, "-");
    if (part === name && part.length <= longestPart) {
        return part;
    }
    const sum = createHash("sha256").update(name).digest("hex").slice(0, 8);
    return `${part.slice(0, longestPart - sum.length - 1).replace(/-+$/, "")}-${sum}`;
}
