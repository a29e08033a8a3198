import type { Problem } from "./check";
import { addressOf, neededHost } from "./addresses";
import { zoneOf } from "./entries";
import { didYouMean } from "./fields";
import type { Service } from "./surroundings";

/** What a service may need without it being declared, by the name that it is needed by. */
export const wellKnown = [
    ...["internet", "cloudflare", "cloudflare-api", "telegram", "dns"],
    ...["k3s", "tunnel", "grafana", "alerting", "git", "state", "secrets"],
] as const;
export type WellKnown = (typeof wellKnown)[number];
/** These are outside the house: no service of ours is one of them. */
const reserved = ["internet", "cloudflare", "cloudflare-api", "telegram"];

interface Surroundings {
    readonly services?: readonly Service[] | undefined;
    readonly nodes?: readonly { readonly name: string }[] | undefined;
    readonly routes?:
        readonly { readonly hostname: string; readonly path?: string | undefined }[] | undefined;
    readonly zones?: readonly { readonly domain: string }[] | undefined;
}

/** What is wrong between services and the rest, each right by itself. */
export function checkServices(values: Surroundings): Problem[] {
    const { services = [], nodes = [], routes = [] } = values;
    const known = [
        ...services.map(({ name }) => name.toLowerCase()),
        ...wellKnown,
        ...nodes.map(({ name }) => name),
        ...routes.map(({ hostname }) => hostname),
    ];
    const isKnown = new Set(known);
    // What a service starts without may be its image.
    const isKnownOrImage = new Set([...known, "image"]);
    const taken = new Set([...reserved, ...nodes.map(({ name }) => name)]);
    return [
        ...doubles(services, routes),
        ...services.flatMap((service, index) => {
            const where = `rekindle:services[${index}]`;
            const listed = Array.isArray(service.optional) ? (service.optional as string[]) : [];
            return [
                ...(taken.has(service.name.toLowerCase())
                    ? [
                          {
                              where: `${where}.name`,
                              wrong: `"${service.name}" is the name of something else that services need`,
                              right: `name: my-${service.name}`,
                          },
                      ]
                    : []),
                ...strangers(`${where}.needs`, service.needs ?? [], isKnown, known),
                ...strangers(`${where}.optional`, listed, isKnownOrImage, known),
                ...slips(`${where}.hostnames`, service, values),
            ];
        }),
    ];
}

/** Needs that name nothing: a host has a dot or is an address, anything else must be known. */
function strangers(
    where: string,
    needs: readonly string[],
    isKnown: ReadonlySet<string>,
    known: readonly string[],
): Problem[] {
    return needs.flatMap((need, index) =>
        isKnown.has(neededHost(need)) || isHost(neededHost(need))
            ? []
            : [
                  {
                      where: `${where}[${index}]`,
                      wrong: `nothing is named "${need}"${didYouMean(neededHost(need), known)}`,
                      right: `the name of a service or Pi, a hostname, or one of ${wellKnown.join(", ")}`,
                  },
              ],
    );
}

function isHost(name: string): boolean {
    const address = /[.:]/.test(name) ? addressOf(name) : undefined;
    return address?.at === "host" && address.host === name;
}

/** Hostnames in our zones that no route has, also no wildcard's, and that one letter would make a route's. */
function slips(where: string, { name, hostnames }: Service, values: Surroundings): Problem[] {
    const { routes = [], zones = [] } = values;
    const isRouted = (host: string) =>
        routes.some(({ hostname }) =>
            hostname.startsWith("*.") ? host.endsWith(hostname.slice(1)) : host === hostname,
        );
    return hostnames.flatMap((host, index) => {
        // Who is called cd means cd.home.example, also beside a route of ci.home.example.
        const isMeant = host.startsWith(`${name.toLowerCase()}.`);
        if (isMeant || zoneOf(host, zones) === undefined || isRouted(host)) {
            return [];
        }
        const meant = routes.find(({ hostname }) => isSlip(host, hostname))?.hostname;
        return meant === undefined
            ? []
            : [
                  {
                      where: `${where}[${index}]`,
                      wrong: `"${host}" is no hostname under routes (did you mean "${meant}"?)`,
                      right: `a hostname under routes, or a name that the LAN alone knows, such as registry.lan`,
                  },
              ];
    });
}

/** One letter more, less or other, or two neighbours swapped; web1 and web2 are two names. Thousands are compared with thousands. */
function isSlip(name: string, other: string): boolean {
    const shorter = Math.min(name.length, other.length);
    if (Math.max(name.length, other.length) - shorter > 1) {
        return false;
    }
    let start = 0;
    while (start < shorter && name[start] === other[start]) {
        start += 1;
    }
    let end = 0;
    while (end < shorter - start && name.at(-1 - end) === other.at(-1 - end)) {
        end += 1;
    }
    if (shorter - start - end > 2) {
        return false;
    }
    const one = name.slice(start, name.length - end);
    const two = other.slice(start, other.length - end);
    const isLetter = one.length <= 1 && two.length <= 1;
    return letters(one) !== letters(two) && (isLetter || one === two.slice(1) + two.slice(0, 1));
}

const letters = (text: string) => text.replace(/\d/g, "");

/** A service or hostname that is listed twice: which one answers could not be told. Routes with a path share a hostname. */
function doubles(
    services: readonly Service[],
    routes: readonly { readonly hostname: string; readonly path?: string | undefined }[],
): Problem[] {
    const firsts = new Map<string, string>();
    const shared = new Set(
        routes.filter(({ path }) => path !== undefined).map(({ hostname }) => hostname),
    );
    const told = (where: string, value: string, right: string, of = ""): Problem[] => {
        const key = `${right} ${value} ${of}`;
        const first = firsts.get(key);
        firsts.set(key, first ?? where);
        return first === undefined
            ? []
            : [
                  {
                      where: `rekindle:${where}`,
                      wrong: `"${value}" stands already in ${first}`,
                      right,
                  },
              ];
    };
    return services.flatMap(({ name, hostnames }, index) => [
        ...told(`services[${index}].name`, name.toLowerCase(), "each service once"),
        ...hostnames.flatMap((each, place) =>
            told(
                `services[${index}].hostnames[${place}]`,
                each,
                "each hostname once, unless its routes have paths",
                shared.has(each) ? name : "",
            ),
        ),
    ]);
}
