import { inOrder } from "./route-order";
import type { Values } from "./schema";

type Route = Values["routes"][number];

/** Names what a route has and cloudflared does not use: it says nothing itself. */
export function routeWarnings(routes: readonly Route[]): string[] {
    const eachAlone = [globs, placeholders, withoutEffect];
    return [...unreachable(routes), ...eachAlone.flatMap((warn) => routes.flatMap(warn))];
}

/** A path that is meant as a shell or a proxy reads it, and is no mistake to Go. */
function globs({ path = "" }: Route, index: number): string[] {
    const [, folder] = /^\^?((?:\/[\w.-]+)+)\/\*$/.exec(path) ?? [];
    return folder === undefined
        ? []
        : [
              `routes[${index}].path: ${path} is a regular expression, in which /* is any number of slashes: it also matches ${folder}x. What lies below ${folder} is ^${folder}/.`,
          ];
}

/** A part of a path that a framework or OpenAPI would fill in; to Go it is these letters. */
function placeholders({ path = "" }: Route, index: number): string[] {
    const plain = path.replace(/\\[pPx]\{[^}]*\}|\\./g, "");
    const [found = ""] = /\{[a-z_][\w-]*\}/i.exec(plain) ?? [];
    return found === ""
        ? []
        : [
              `routes[${index}].path: ${path} matches the very letters ${found}. For anything between two slashes write [^/]+ in its place.`,
          ];
}

/** Routes behind another of the same hostname whose path matches whatever theirs would. */
function unreachable(routes: readonly Route[]): string[] {
    const places = new Map(routes.map((route, index) => [route, `routes[${index}]`]));
    const byHostname = new Map<string, Route[]>();
    for (const route of inOrder(routes)) {
        const before = byHostname.get(route.hostname) ?? [];
        before.push(route);
        byHostname.set(route.hostname, before);
    }
    return [...byHostname.values()].flatMap((own) =>
        own.flatMap((route, index) => {
            const first = own.slice(0, index).find((before) => covers(before.path, route.path));
            const name = `${places.get(route) ?? ""} (${route.hostname}${route.path === undefined ? "" : `, ${route.path}`})`;
            const way =
                route.path === undefined ? "Narrow that path." : "List the longer path first.";
            return first === undefined
                ? []
                : [
                      `${name} is never reached: the path ${first.path ?? ""} of ${places.get(first) ?? ""} matches all of its requests. ${way}`,
                  ];
        }),
    );
}

/** Whether the first path surely matches each request that the second one does; undefined is every path. */
function covers(first: string | undefined, second: string | undefined): boolean {
    const plain = first === undefined ? undefined : literal(first.replace(/(\.|\\?\/)\*$/, ""));
    if (plain === undefined || !plain.isWhole) {
        return false;
    }
    // Every path has a slash, and begins with it.
    if (plain.text === "" || plain.text === "/") {
        return true;
    }
    const own = second === undefined ? undefined : literal(second);
    if (own === undefined) {
        return false;
    }
    return plain.isAnchored
        ? own.isAnchored && own.text.startsWith(plain.text)
        : own.text.includes(plain.text);
}

/** The text that a regular expression begins with, as far as it is plain; undefined where there are alternatives. */
function literal(pattern: string) {
    const isAnchored = pattern.startsWith("^");
    const rest = isAnchored ? pattern.slice(1) : pattern;
    if (rest.includes("|")) {
        return undefined;
    }
    const [plain = ""] = /^(?:[^\\.+*?()[\]{}^$]|\\[^\w\s])*/.exec(rest) ?? [];
    const isWhole = plain.length === rest.length;
    // What can be left out, or repeated, says nothing.
    const sure = /^[*?{]/.test(rest.slice(plain.length)) ? plain.replace(/\\?.$/u, "") : plain;
    return { isAnchored, isWhole, text: sure.replace(/\\(.)/g, "$1") };
}

const ofTls = [
    "tlsTimeout",
    "originServerName",
    "matchSNItoHost",
    "caPool",
    "noTLSVerify",
    "http2Origin",
];
/** The options that a service's kind has (ingress/origin_service.go): all of them for https. */
const used: readonly (readonly [service: RegExp, isUsed: (field: string) => boolean])[] = [
    [/^(https|wss):|^hello_world$/i, () => true],
    [/^(http|ws):/i, (field) => !ofTls.includes(field)],
    [/^http_status:/, (field) => field === "access"],
    [/./, (field) => ["access", "connectTimeout", "tcpKeepAlive"].includes(field)],
];

function withoutEffect({ service, originRequest = {} }: Route, index: number): string[] {
    const where = `routes[${index}].originRequest`;
    const set = Object.entries(originRequest)
        .filter(([, value]) => value !== undefined && value !== false)
        .map(([field]) => field);
    const [, isUsed] = used.find(([kind]) => kind.test(service)) ?? [];
    const idle = set.filter((field) => isUsed?.(field) === false);
    const beside = (field: string, other: string) =>
        set.includes(field) && set.includes(other)
            ? [`${where}: ${field} has no effect beside ${other}: true.`]
            : [];
    return [
        ...(idle.length === 0
            ? []
            : [`${where}: ${idle.join(", ")} has no effect on the service ${service}.`]),
        ...beside("caPool", "noTLSVerify"),
        ...beside("originServerName", "matchSNItoHost"),
        ...beside("http2Origin", "matchSNItoHost"),
        ...(originRequest.access?.required === false
            ? [`${where}.access lets everybody through: required is false.`]
            : []),
    ];
}
