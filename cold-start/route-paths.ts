import { inOrder } from "../config/route-order";
import type { Route } from "./home";

/** A route and its place in `rekindle:routes`. */
export interface Placed<T extends Route = Route> {
    readonly route: T;
    readonly index: number;
}

/**
 * Lists the routes that may answer a request: those that cloudflared tries before the first that surely does, as far as they may match,
 * and that one. A regular expression that only Go reads may always match.
 */
export function answering<T extends Route>(
    routes: readonly Placed<T>[],
    host: string,
    path: string,
): Placed<T>[] {
    const found: Placed<T>[] = [];
    for (const placed of routes.filter(({ route }) => isAt(route.hostname, host))) {
        const isMatch = matches(placed.route.path, path);
        if (isMatch !== false) {
            found.push(placed);
        }
        if (isMatch === true) {
            break;
        }
    }
    return found;
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

/** Undefined where JavaScript may read the expression in another way than Go. */
function matches(pattern: string | undefined, path: string): boolean | undefined {
    if (pattern === undefined) {
        return true;
    }
    const [, flag = "", rest = ""] = /^(\(\?i\))?([\s\S]*)$/.exec(pattern) ?? [];
    if (/\(\?[^:]|\\[AzQEpPaCx0-7]|\[(?:\^?\]|[^\]]*\[:)/.test(rest)) {
        return undefined;
    }
    try {
        return new RegExp(rest, flag === "" ? "" : "i").test(path);
    } catch {
        return undefined;
    }
}
