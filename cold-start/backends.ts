import { addressOf } from "../config/addresses";
import type { Route, Service } from "./home";
import type { Atlas, Spot } from "./places";
import type { Placed } from "./route-paths";

/** What answers one route of a hostname. */
export interface Backend {
    readonly services: readonly Service[];
    /** Host of the route's service; undefined where the connector answers itself. */
    readonly behind: string | undefined;
    readonly spot: Spot | undefined;
    /** The route's place in `rekindle:routes`. */
    readonly index: number;
    /** Whether the hostname is the route's own, or that of a service: not one of many under a wildcard. */
    readonly isNamed: boolean;
}

/** Finds what answers each route of a hostname: the services that say so, or what lies at the route's address. */
export function backendsOf(map: Atlas, host: string, routes: readonly Placed[]): Backend[] {
    const targets = routes.map((placed) => ({ ...placed, ...targetOf(map, placed.route) }));
    const direct = targets.flatMap(({ service }) => service ?? []);
    return targets.map(({ route, index, behind, spot, service }) => {
        const own = map.ownersOf(host);
        const declared = own.length > 0 ? own : map.ownersOf(route.hostname);
        const isNamed = declared.length > 0 || host === route.hostname;
        const known = { behind, spot, index, isNamed };
        const reached = service === undefined ? [] : [service];
        if (declared.length === 0 || reached.some((each) => declared.includes(each))) {
            return { ...known, services: reached };
        }
        // Those that no route of the hostname leads to by itself stand behind a proxy.
        const proxied = declared.filter((each) => !direct.includes(each));
        return { ...known, services: proxied.length > 0 ? proxied : reached };
    });
}

function targetOf(map: Atlas, route: Route) {
    const address = isAnsweredByConnector(route) ? undefined : addressOf(route.service);
    const behind = address?.at === "host" ? address.host : undefined;
    const spot = behind === undefined ? undefined : map.spotBehind(behind);
    return { behind, spot, service: spot?.is === "service" ? spot.service : undefined };
}

/** Nothing is behind these but the connector's own pod. */
const isAnsweredByConnector = ({ service }: Route) => /^(hello_world$|http_status:)/.test(service);
