import type { FastifyInstance, FastifyRequest } from "fastify";
import { notPermitted } from "./auth";
import { paged, success } from "./envelope";
import { listQuery } from "./query";
import type { Store, Zone } from "./store";

type ZoneRequest = FastifyRequest<{ Params: { zone: string } }>;

/** The zones that a token may do something in. */
export function zoneRoutes(app: FastifyInstance, store: Store): void {
    const visible = (request: FastifyRequest): readonly Zone[] =>
        store.zones.filter(({ id }) => request.token.dnsZones?.includes(id) === true);

    app.get("/zones", (request) => {
        const { page, filters } = listQuery(request.query, ["name"]);
        const name = filters.get("name");
        const zones = visible(request).filter(({ domain }) => (name ?? domain) === domain);
        return paged(zones.map(view), page);
    });

    app.get("/zones/:zone", (request: ZoneRequest) => {
        const zone = visible(request).find(({ id }) => id === request.params.zone);
        if (!zone) {
            throw notPermitted();
        }
        return success(view(zone));
    });
}

function view({ id, domain }: Zone) {
    return { id, name: domain, status: "active", paused: false, type: "full" };
}
