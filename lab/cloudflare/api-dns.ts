import type { FastifyPluginCallback, FastifyRequest } from "fastify";
import { notPermitted } from "./auth";
import { changeRecords } from "./dns-rules";
import { ApiError, paged, success } from "./envelope";
import type { Faults } from "./faults";
import { listQuery } from "./query";
import type { DnsRecord, Store } from "./store";

type ZoneRequest = FastifyRequest<{ Params: { zone: string } }>;
type RecordRequest = FastifyRequest<{ Params: { zone: string; id: string } }>;

/** DNS records of the zones that the token may edit: below /zones/:zone. */
export function dnsRoutes(store: Store, faults: Faults): FastifyPluginCallback {
    return (app, _options, done) => {
        app.addHook("onRequest", (request: ZoneRequest, _reply, next) => {
            // A zone that does not exist and one that is somebody else's look the same from outside.
            if (request.token.dnsZones?.includes(request.params.zone) !== true) {
                next(notPermitted());
                return;
            }
            next();
        });

        const change = (request: ZoneRequest, batch: unknown) =>
            changeRecords(store, request.params.zone, batch);

        app.get("/dns_records", (request: ZoneRequest) => {
            const { page, filters } = listQuery(request.query, [
                ...Object.keys(listFilters),
                "match",
            ]);
            const any = filters.get("match") === "any";
            filters.delete("match");
            const tests = [...filters].map(([key, value]) => (record: DnsRecord) => {
                const field = listFilters[key as keyof typeof listFilters];
                return (record[field] ?? "").toLowerCase() === value.toLowerCase();
            });
            const records = store
                .zoneRecordsBefore(request.params.zone, faults.staleness())
                .filter((record) =>
                    any ? tests.some((test) => test(record)) : tests.every((test) => test(record)),
                )
                .sort((a, b) => a.name.localeCompare(b.name) || a.type.localeCompare(b.type));
            return paged(records, page);
        });

        app.post("/dns_records/batch", (request: ZoneRequest) => {
            return success(change(request, request.body));
        });

        app.post("/dns_records", (request: ZoneRequest) => {
            const { posts } = change(request, { posts: [request.body] });
            return success(posts[0]);
        });

        // Of the zone file only its head, which names the zone.
        app.get("/dns_records/export", (request: ZoneRequest, reply) => {
            const zone = store.zones.find(({ id }) => id === request.params.zone);
            return reply.type("text/plain").send(`;;\n;; Domain:     ${zone?.domain ?? ""}.\n;;\n`);
        });

        app.get("/dns_records/:id", (request: RecordRequest) => {
            const record = store.records.get(request.params.id);
            if (record?.zone_id !== request.params.zone) {
                throw new ApiError(404, 81044, "Record does not exist.");
            }
            return success(record);
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
                    const result = change(request, {
                        [list]: [{ ...body, id: request.params.id }],
                    });
                    return success(result[list][0]);
                },
            });
        }

        app.delete("/dns_records/:id", (request: RecordRequest) => {
            change(request, { deletes: [{ id: request.params.id }] });
            return success({ id: request.params.id });
        });
        done();
    };
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
