import { isIPv4, isIPv6 } from "node:net";
import * as z from "zod";
import { notPermitted } from "./auth";
import { ApiError, read } from "./envelope";
import { newId, type DnsRecord, type Store, type Zone } from "./store";

const addressTypes = ["A", "AAAA", "CNAME"];
/** developers.cloudflare.com/dns/manage-dns-records/reference/record-attributes, free plan. */
const maxComment = 100;
/** developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes, free plan. */
const maxChanges = 200;
const freeQuota = 200;

const fields = {
    type: z.enum([...addressTypes, "CAA", "MX", "NS", "SRV", "TXT"]),
    name: z.string().min(1).max(255),
    content: z.string().min(1),
    priority: z.int().min(0).max(65535).optional(),
    ttl: z.union([z.literal(1), z.int().min(60).max(86400)]).default(1),
    proxied: z.boolean().default(false),
    comment: z.string().nullish(),
    tags: z.array(z.string()).max(0, "tags are for paid plans").default([]),
    settings: z.record(z.string(), z.unknown()).default({}),
};
/** Fields that nobody knows are refused: a typing error should show in the rehearsal. */
const recordSchema = z.strictObject(fields);
const identified = z.object({ id: z.string() });
const batchSchema = z.strictObject({
    deletes: z.array(z.strictObject({ id: z.string() })).default([]),
    patches: z.array(identified.loose()).default([]),
    puts: z.array(identified.loose()).default([]),
    posts: z.array(z.unknown()).default([]),
});

export interface BatchResult {
    readonly deletes: DnsRecord[];
    readonly patches: DnsRecord[];
    readonly puts: DnsRecord[];
    readonly posts: DnsRecord[];
}

/**
 * Performs a batch as Cloudflare does: deletes, patches, puts, posts, in this order, all or nothing.
 * @param before the zone's records; they stay as they are
 * @returns the zone's records afterwards, and what the API answers
 * @throws ApiError with Cloudflare's code at the first change that is not allowed
 */
export function applyBatch(
    zone: Zone,
    before: readonly DnsRecord[],
    body: unknown,
    now = new Date().toISOString(),
): { records: DnsRecord[]; result: BatchResult } {
    const batch = read(batchSchema, body, 1004, "DNS Validation Error");
    const changes = Object.values(batch).reduce((sum, list) => sum + list.length, 0);
    if (changes > maxChanges) {
        throw new ApiError(
            400,
            1004,
            `DNS Validation Error: ${changes} changes, at most ${maxChanges}`,
        );
    }
    const records = new Map(before.map((record) => [record.id, record]));
    const existing = (id: string): DnsRecord => {
        const record = records.get(id);
        if (!record) {
            throw new ApiError(404, 81044, "Record does not exist.");
        }
        return record;
    };
    const put = (value: unknown, old?: DnsRecord): DnsRecord => {
        const record = toRecord(
            zone,
            read(recordSchema, value, 1004, "DNS Validation Error"),
            now,
            old,
        );
        assertNoConflict(record, records.values(), zone);
        if (!old && records.size >= (zone.recordQuota ?? freeQuota)) {
            // The code was seen in js-org/js.org#2873, the text in ZoneABC#30; that the status is 400 is a guess.
            throw new ApiError(400, 81045, "Record quota exceeded.");
        }
        records.set(record.id, record);
        return record;
    };
    const result: BatchResult = {
        deletes: batch.deletes.map(({ id }) => {
            const record = existing(id);
            records.delete(id);
            return record;
        }),
        patches: batch.patches.map(({ id, ...change }) => {
            const old = existing(id);
            return put({ ...editable(old), ...change }, old);
        }),
        puts: batch.puts.map(({ id, ...value }) => put(value, existing(id))),
        posts: batch.posts.map((value) => put(value)),
    };
    return { records: [...records.values()], result };
}

/**
 * Performs a batch on what the store holds.
 * @throws ApiError as `applyBatch`, and 403 for a zone that is not there
 */
export function changeRecords(store: Store, zoneId: string, batch: unknown): BatchResult {
    const zone = store.zones.find(({ id }) => id === zoneId);
    if (!zone) {
        throw notPermitted();
    }
    const { records, result } = applyBatch(zone, store.zoneRecords(zone.id), batch);
    store.setZoneRecords(zone.id, records);
    return result;
}

/** The fields of a record that a PATCH leaves alone when it does not name them. */
function editable(record: DnsRecord): Record<string, unknown> {
    return Object.fromEntries(
        Object.entries(record).filter(([key, value]) => key in fields && value !== undefined),
    );
}

function toRecord(
    zone: Zone,
    value: z.output<typeof recordSchema>,
    now: string,
    old?: DnsRecord,
): DnsRecord {
    const { type, content, comment, priority } = value;
    const proxiable = addressTypes.includes(type);
    if (value.proxied && !proxiable) {
        throw new ApiError(400, 9004, `This record type cannot be proxied: ${type}`);
    }
    assertContent(type, content);
    // An empty comment is none, as the dashboard has it.
    const text = comment === "" ? null : (comment ?? null);
    if (text !== null && text.length > maxComment) {
        throw new ApiError(
            400,
            9313,
            `DNS record comment exceeds the maximum length of ${maxComment} characters.`,
        );
    }
    if (text?.includes("\n") === true) {
        throw new ApiError(400, 1004, "DNS Validation Error: a comment is one line");
    }
    return {
        id: old?.id ?? newId(),
        zone_id: zone.id,
        name: fullName(value.name, zone),
        type,
        content: type === "CNAME" ? content.toLowerCase() : content,
        ...(priority === undefined ? {} : { priority }),
        proxiable,
        proxied: value.proxied,
        // Cloudflare itself decides the TTL of a proxied record.
        ttl: value.proxied ? 1 : value.ttl,
        settings: value.settings,
        meta: {},
        comment: text,
        tags: value.tags,
        created_on: old?.created_on ?? now,
        modified_on: now,
    };
}

/** `@` and short names are relative to the zone; every name comes back in full. */
function fullName(name: string, { domain }: Zone): string {
    const lower = name.toLowerCase().replace(/\.$/, "");
    if (lower === "@" || lower === domain) {
        return domain;
    }
    return lower.endsWith(`.${domain}`) ? lower : `${lower}.${domain}`;
}

function assertContent(type: string, content: string): void {
    if (type === "A" && !isIPv4(content)) {
        throw new ApiError(400, 9005, "Content for A record must be a valid IPv4 address.");
    }
    if (type === "AAAA" && !isIPv6(content)) {
        throw new ApiError(400, 9006, "Content for AAAA record must be a valid IPv6 address.");
    }
    if (type === "CNAME" && !/^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/i.test(content)) {
        throw new ApiError(400, 9007, "Content for CNAME record is invalid.");
    }
}

function assertNoConflict(record: DnsRecord, all: Iterable<DnsRecord>, zone: Zone): void {
    for (const other of all) {
        if (other.id === record.id || other.name !== record.name) {
            continue;
        }
        if (other.type === record.type && other.content === record.content) {
            throw new ApiError(400, 81058, "An identical record already exists.");
        }
        if (record.type === "CNAME" && addressTypes.includes(other.type)) {
            const message = "An A, AAAA, or CNAME record with that host already exists.";
            throw new ApiError(400, 81053, message);
        }
        if (other.type === "CNAME" && addressTypes.includes(record.type)) {
            throw new ApiError(400, 81054, "A CNAME record with that host already exists.");
        }
        // A delegated name is its name servers' alone (code as in acme-dns#258); the zone's own may have name servers.
        if (record.name !== zone.domain && (record.type === "NS") !== (other.type === "NS")) {
            throw new ApiError(400, 81056, "NS records with that host already exist.");
        }
    }
}
