import { plainHost } from "./addresses";
import type { Problem } from "./check";
import { didYouMean } from "./fields";
import { healthHostname } from "./health";
import { routeWarnings } from "./route-warnings";
import type { Values } from "./schema";

/** What is wrong between entries that are each right by themselves. */
export function checkEntries(values: Partial<Values>): Problem[] {
    const { zones, routes, nodes, confirm, tunnel } = values;
    return [
        ...(zones ? checkZones(zones) : []),
        ...(zones && routes ? checkHostnames(routes, zones) : []),
        ...(zones && tunnel ? checkHealth(tunnel, zones, routes ?? []) : []),
        ...(nodes ? checkNodes(nodes) : []),
        ...(nodes && confirm ? checkConfirmed(confirm, nodes) : []),
    ];
}

/** What works, and not as somebody may think. */
export function warningsOf({
    routes,
    zones,
    tunnel,
}: Pick<Values, "routes" | "zones"> & Partial<Pick<Values, "tunnel">>): string[] {
    const health = tunnel?.healthHostname === undefined ? [] : [tunnel.healthHostname];
    const hostnames = [...new Set([...routes.map(({ hostname }) => hostname), ...health])];
    const deep = hostnames.flatMap((hostname) => {
        const domain = zoneOf(hostname, zones)?.domain ?? hostname;
        const labels = hostname.slice(0, -domain.length - 1).split(".");
        return labels.length < 2
            ? []
            : [
                  `${hostname} lies ${labels.length} labels below ${domain}: Cloudflare's Universal SSL covers one, so visitors get a certificate error unless the zone has an advanced certificate.`,
              ];
    });
    return [...deep, ...routeWarnings(routes)];
}

function checkZones(zones: Values["zones"]): Problem[] {
    return (["domain", "id"] as const).flatMap((field) => {
        const values = zones.map((zone) => zone[field]);
        return doubles("zones", field, values, "each zone once");
    });
}

/** Names that stand twice, or outside every zone: neither could ever be served. */
function checkHostnames(routes: Values["routes"], zones: Values["zones"]): Problem[] {
    const names = routes.map(({ hostname }) => hostname);
    const strays = names.flatMap((name, index) =>
        zoneOf(name, zones) !== undefined
            ? []
            : [
                  {
                      where: `rekindle:routes[${index}].hostname`,
                      wrong: `"${name}" is in none of the zones ${zones.map(({ domain }) => domain).join(", ")}`,
                      right: `hostname: git.${zones[0]?.domain ?? "home.example"}`,
                  },
              ],
    );
    return [...doubleRoutes(routes), ...strays];
}

/** Routes of one hostname and one path: cloudflared would never use the second. */
function doubleRoutes(routes: Values["routes"]): Problem[] {
    const firsts = new Map<string, number>();
    return routes.flatMap(({ hostname, path }, index) => {
        const key = `${hostname} ${path ?? ""}`;
        const first = firsts.get(key) ?? index;
        firsts.set(key, first);
        return first === index
            ? []
            : [
                  path === undefined
                      ? {
                            where: `rekindle:routes[${index}].hostname`,
                            wrong: `"${hostname}" stands already in routes[${first}]`,
                            right: "each hostname once, or a path for all of its routes but one, such as path: ^/api/",
                        }
                      : {
                            where: `rekindle:routes[${index}].path`,
                            wrong: `"${path}" is already the path of routes[${first}], for the same hostname`,
                            right: "each path of a hostname once",
                        },
              ];
    });
}

/** The health hostname proves the tunnel by itself: a route by that name would answer in its place. */
function checkHealth(
    tunnel: Values["tunnel"],
    zones: Values["zones"],
    routes: Values["routes"],
): Problem[] {
    const health = healthHostname(tunnel, zones);
    const domain = zones[0]?.domain ?? "home.example";
    const taken = routes.flatMap(({ hostname }, index) =>
        hostname === health
            ? [
                  {
                      where: `rekindle:routes[${index}].hostname`,
                      wrong: `"${health}" is the tunnel's own hostname, for its health check`,
                      right: `another hostname here, or for the check: rekindle:tunnel.healthHostname: health.${domain}`,
                  },
              ]
            : [],
    );
    return zoneOf(health, zones) !== undefined
        ? taken
        : [
              {
                  where: "rekindle:tunnel.healthHostname",
                  wrong: `"${health}" is in none of the zones ${zones.map((zone) => zone.domain).join(", ")}`,
                  right: `healthHostname: health-cabin.${domain}`,
              },
          ];
}

function checkNodes(nodes: Values["nodes"]): Problem[] {
    const names = nodes.map(({ name }) => name);
    const addresses = nodes.map(({ address, port }) => `${plainHost(address)}:${port}`);
    return [
        ...doubles("nodes", "name", names, "each Pi once"),
        ...doubles("nodes", "address", addresses, "each Pi once"),
    ];
}

/** What a confirmation names must be there: a name that is not would let nothing through, in silence. */
function checkConfirmed(confirm: Values["confirm"], nodes: Values["nodes"]): Problem[] {
    const possible = ["tunnel", ...nodes.map(({ name }) => `volume-${name}`)];
    return confirm.flatMap((name, index) =>
        possible.includes(name)
            ? []
            : [
                  {
                      where: `rekindle:confirm[${index}]`,
                      wrong: `"${name}" is the volume of no node in rekindle:nodes${didYouMean(name, possible)}`,
                      right: `one of ${possible.join(", ")}`,
                  },
              ],
    );
}

/** One problem for each value of a list's entries that stands there before. */
function doubles(list: string, field: string, values: readonly string[], right: string): Problem[] {
    const firsts = new Map<string, number>();
    return values.flatMap((value, index) => {
        const first = firsts.get(value) ?? index;
        firsts.set(value, first);
        return first === index
            ? []
            : [
                  {
                      where: `rekindle:${list}[${index}].${field}`,
                      wrong: `"${value}" stands already in ${list}[${first}]`,
                      right,
                  },
              ];
    });
}

/** The zone that a hostname lies in: the longest domain that it equals or ends with, or undefined. */
export function zoneOf<T extends { domain: string }>(
    name: string,
    zones: readonly T[],
): T | undefined {
    return zones
        .filter(({ domain }) => name === domain || name.endsWith(`.${domain}`))
        .sort((a, b) => b.domain.length - a.domain.length)[0];
}
