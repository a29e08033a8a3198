import { RE2JS } from "re2js";
import { inOrder } from "../config/route-order";
import type { Route } from "./home";

/** A route and its place in `rekindle:routes`. */
export interface Placed<T extends Route = Route> {
    readonly route: T;
    readonly index: number;
}

/** Finds the route that answers a request: the first that matches it, as cloudflared tries them. */
export function answering<T extends Route>(
    routes: readonly Placed<T>[],
    host: string,
    path: string,
): Placed<T> | undefined {
    return routes.find(({ route }) => isAt(route.hostname, host) && matches(route.path, path));
}

/** Every route with its place, in the order in which cloudflared tries them. */
export function placedInOrder<T extends Route>(routes: readonly T[]): Placed<T>[] {
    const placed = routes.map((route, index) => {
        const { hostname, path } = route;
        return { hostname, path, route, index };
    });
    return inOrder(placed).map(({ route, index }) => ({ route, index }));
}

const isAt = (hostname: string, host: string) =>
    hostname === host || (hostname.startsWith("*.") && host.endsWith(hostname.slice(1)));

const matches = (pattern: string | undefined, path: string) =>
    pattern === undefined || RE2JS.compile(pattern).matcher(path).find();
