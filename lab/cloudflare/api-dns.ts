import type { FastifyInstance, FastifyRequest } from "fastify";
import { notPermitted } from "./auth";
import { applyBatch, type BatchResult } from "./dns-rules";
import { ApiError, paged, success } from "./envelope";
import { listQuery } from "./query";
import type { DnsRecord, Store, Zone } from "./store";

type ZoneRequest = FastifyRequest<{ Params: { zone: string } }>;
type RecordRequest = FastifyRequest<{ Params: { zone: string; id: string } }>;

/** DNS records of the zones that the token may edit: below /zones/:zone. */
export function dnsRoutes(app: FastifyInstance, store: Store): void {
    app.addHook("onRequest", async (request: ZoneRequest) => {
        // A zone that does not exist and one that is somebody else's look the same from outside.
        if (request.token.dnsZones?.includes(request.params.zone) !== true) {
            throw notPermitted();
        }
        return Promise.resolve();
    });

    const change = (request: ZoneRequest, batch: unknown): BatchResult => {
        const zone = zoneById(store, request.params.zone);
        const { records, result } = applyBatch(zone, store.zoneRecords(zone.id), batch);
        store.setZoneRecords(zone.id, records);
        return result;
    };

    app.get("/dns_records", (request: ZoneRequest) => {
        const { page, filters } = listQuery(request.query, [...Object.keys(listFilters), "match"]);
        const any = filters.get("match") === "any";
        filters.delete("match");
        const tests = [...filters].map(([key, value]) => (record: DnsRecord) => {
            const field = listFilters[key as keyof typeof listFilters];
            return String(record[field] ?? "").toLowerCase() === value.toLowerCase();
        });
        const records = store
            .zoneRecords(request.params.zone)
            .filter((record) =>
                any ? tests.some((test) => test(record)) : tests.every((test) => test(record)),
            )
            .sort((a, b) => a.name.localeCompare(b.name) || a.type.localeCompare(b.type));
        return paged(records.map(view), page);
    });

    app.post("/dns_records/batch", (request: ZoneRequest) => {
        const result = Object.entries(change(request, request.body));
        return success(
            Object.fromEntries(
                result.map(([key, records]: [string, DnsRecord[]]) => [key, records.map(view)]),
            ),
        );
    });

    app.post("/dns_records", (request: ZoneRequest) => {
        const { posts } = change(request, { posts: [request.body] });
        return success(posts.map(view)[0]);
    });

    app.get("/dns_records/:id", (request: RecordRequest) => {
        const record = store.records.get(request.params.id);
        if (record?.zone_id !== request.params.zone) {
            throw new ApiError(404, 81044, "Record does not exist.");
        }
        return success(view(record));
    });

    for (const [method, list] of [
        ["PUT", "puts"],
        ["PATCH", "patches"],
    ] as const) {
        app.route({
            method,
            url: "/dns_records/:id",
            handler: (request: RecordRequest) => {
                const body = request.body as Record<string, unknown>;
                const result = change(request, { [list]: [{ ...body, id: request.params.id }] });
                return success(result[list].map(view)[0]);
            },
        });
    }

    app.delete("/dns_records/:id", (request: RecordRequest) => {
        change(request, { deletes: [{ id: request.params.id }] });
        return success({ id: request.params.id });
    });
}

/** The list's filters and the field that each compares, without regard to case. */
const listFilters = {
    name: "name",
    "name.exact": "name",
    type: "type",
    content: "content",
    "content.exact": "content",
    comment: "comment",
    "comment.exact": "comment",
} as const satisfies Record<string, keyof DnsRecord>;

function zoneById(store: Store, id: string): Zone {
    const zone = store.zones.find((each) => each.id === id);
    if (!zone) {
        throw notPermitted();
    }
    return zone;
}

/** The zone's id is known from the path, and not repeated in the answer. */
function view({ zone_id: _zone, ...record }: DnsRecord): Omit<DnsRecord, "zone_id"> {
    return record;
}
