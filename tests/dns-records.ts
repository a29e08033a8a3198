import { newId, type DnsRecord } from "../lab/cloudflare/store";
import { zone } from "../lab/facts";

/** A record that somebody else made by hand in the lab's zone, unless told otherwise. */
export function seeded(more: Partial<DnsRecord>): DnsRecord {
    const now = "2026-01-01T00:00:00Z";
    return {
        ...{ id: newId(), zone_id: zone.id, name: `git.${zone.domain}`, type: "CNAME" },
        ...{ content: "elsewhere.example", proxiable: true, proxied: true, ttl: 1 },
        ...{ settings: {}, meta: {}, comment: null, tags: [], created_on: now, modified_on: now },
        ...more,
    };
}
