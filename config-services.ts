import { distance } from "fastest-levenshtein";
import type { Problem } from "./config";
import { addressOf, neededHost } from "./config-addresses";
import { zoneOf } from "./config-entries";
import { didYouMean } from "./config-fields";
import type { Service } from "./config-surroundings";

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
    readonly routes?: readonly { readonly hostname: string }[] | undefined;
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
        ...doubles(services),
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
                ...slips(`${where}.hostnames`, service.hostnames, values),
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

/** Hostnames in our zones that no route has, and that one letter would make a route's. */
function slips(where: string, hostnames: readonly string[], values: Surroundings): Problem[] {
    const { routes = [], zones = [] } = values;
    const routed = routes.map(({ hostname }) => hostname);
    return hostnames.flatMap((name, index) => {
        const inZone = zoneOf(name, zones) !== undefined;
        const meant =
            inZone && !routed.includes(name)
                ? routed.find((each) => isSlip(name, each))
                : undefined;
        return meant === undefined
            ? []
            : [
                  {
                      where: `${where}[${index}]`,
                      wrong: `"${name}" is no hostname under routes (did you mean "${meant}"?)`,
                      right: `a hostname under routes, or a name that the LAN alone knows, such as registry.lan`,
                  },
              ];
    });
}

/** One letter more, less or other, or two swapped; web1 and web2 are two names. */
function isSlip(name: string, other: string): boolean {
    const letters = (text: string) => text.replace(/\d/g, "");
    const sorted = (text: string) => Array.from(text).sort().join("");
    const steps = Math.abs(name.length - other.length) > 1 ? 3 : distance(name, other);
    return (
        letters(name) !== letters(other) &&
        (steps === 1 || (steps === 2 && sorted(name) === sorted(other)))
    );
}

/** A service or hostname that stands there twice: which one answers could not be told. */
function doubles(services: readonly Service[]): Problem[] {
    const firsts = new Map<string, string>();
    const told = (where: string, value: string, right: string): Problem[] => {
        const first = firsts.get(`${right}${value}`);
        firsts.set(`${right}${value}`, first ?? where);
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
            told(`services[${index}].hostnames[${place}]`, each, "each hostname once"),
        ),
    ]);
}
