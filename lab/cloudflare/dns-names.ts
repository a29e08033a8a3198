import type { DnsRecord, Zone } from "./store";

/** The zone that a name lies in: the longest domain that it ends with. */
export function zoneOf(name: string, zones: readonly Zone[]): Zone | undefined {
    return zones
        .filter(({ domain }) => name === domain || name.endsWith(`.${domain}`))
        .sort((a, b) => b.domain.length - a.domain.length)[0];
}

/**
 * The records that answer for a name: its own, or else those of the nearest wildcard above it.
 * A name that exists hides the wildcards above itself from all names below (RFC 4592).
 */
export function recordsFor(
    name: string,
    zone: Zone,
    records: readonly DnsRecord[],
): readonly DnsRecord[] {
    const at = (wanted: string) => records.filter((record) => record.name === wanted);
    const own = at(name);
    if (own.length > 0) {
        return own;
    }
    let below = name;
    while (below !== zone.domain) {
        const parent = below.slice(below.indexOf(".") + 1);
        const wildcard = at(`*.${parent}`);
        if (wildcard.length > 0 || at(parent).length > 0) {
            return wildcard;
        }
        below = parent;
    }
    return [];
}
