import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import type { Flaw } from "./fields";
import { isLoopback } from "./loopback";
import { podNameFlaw } from "./pod-names";

/** The schemes of cloudflared's ingress rules that lead to a host (ingress/ingress.go, 2026.8). */
const schemes = ["http", "https", "tcp", "ssh", "rdp", "smb", "ws", "wss"];
export const serviceKinds = `${schemes.map((scheme) => `${scheme}://HOST:PORT`).join(", ")}, http_status:CODE, hello_world`;
export const serviceExample = "http://git.git.svc.cluster.local:3000";

/** Finds what is wrong with a route's service; what is right comes as close to what was meant as can be. */
export function serviceFlaw(service: string): Flaw | undefined {
    if (service === "hello_world" || /^http_status:[1-5]\d\d$/.test(service)) {
        return undefined;
    }
    return wordFlaw(service) ?? urlFlaw(service);
}

/** What is no URL of a host. */
function wordFlaw(service: string): Flaw | undefined {
    if (service.trim() === "") {
        return { wrong: "names no service" };
    }
    if (/\s/.test(service)) {
        const tight = service.replaceAll(/\s/g, "");
        return { wrong: "has a space in it", right: `service: ${tight}` };
    }
    if (/^unix(\+tls)?:/i.test(service)) {
        return {
            wrong: "is a socket in the connector's own pod, which sees no file of the node",
            right: `let the program listen on a port, and give that: ${ownRight("http", ":8080")}`,
        };
    }
    if (/^(bastion|socks-proxy)$/.test(service)) {
        return {
            wrong: "would let visitors reach every host of the home, and is not supported",
            right: `one service for each hostname, such as service: ${serviceExample}`,
        };
    }
    if (/^hello[_-]?world$/i.test(service)) {
        return { wrong: "is not spelt as cloudflared spells it", right: "service: hello_world" };
    }
    if (/^http_status/i.test(service)) {
        const wrong = "has no status from 100 to 599 behind a colon";
        return { wrong, right: "service: http_status:404" };
    }
    return undefined;
}

function urlFlaw(service: string): Flaw | undefined {
    const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(service) ?? [];
    if (scheme === "") {
        return schemeless(service);
    }
    if (!schemes.includes(scheme.toLowerCase())) {
        return {
            wrong: `has the scheme ${scheme}, which cloudflared does not know`,
            right: `one of ${serviceKinds}`,
        };
    }
    const [authority = "", ...path] = rest.split(/(?=[/?#\\])/);
    const [target = "", ...login] = authority.split("@").reverse();
    const bare = `${scheme}://${target}`;
    if (login.length > 0) {
        return {
            wrong: "has a login in it, which cloudflared would not use",
            right: `service: ${bare} (visitors log in themselves)`,
            // There may be a password in it.
            shown: `${scheme}://…@${target}${path.join("")}`,
        };
    }
    if (path.length > 0) {
        return {
            wrong:
                path.join("") === "/"
                    ? "ends with a slash, which cloudflared takes for a path"
                    : "has a path, and cloudflared cannot change a request's path: it passes the visitor's on",
            right: `service: ${bare}`,
        };
    }
    if (isIP(target) === 6) {
        // Who leaves the brackets out has most often written a port.
        const [, before = "", last] = /^(.*):(\d{1,5})$/.exec(target) ?? [];
        const withPort = isIP(before) === 6 ? `${scheme}://[${before}]:${last ?? ""}, or ` : "";
        return {
            wrong: "has an IPv6 address without brackets",
            right: `service: ${withPort}${scheme}://[${target}]${withPort === "" ? "" : " if that is all address"}`,
        };
    }
    const [, host = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(target) ?? [];
    if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && +port <= 65535)) {
        return { wrong: "has no port from 1 to 65535", right: `service: ${scheme}://${host}:8080` };
    }
    return hostFlaw(scheme, host, port === undefined ? "" : `:${port}`);
}

function schemeless(service: string): Flaw {
    const [, scheme, rest] = /^(https?|tcp|ssh|rdp|smb|wss?):\/?([^/\d].*)$/i.exec(service) ?? [];
    return scheme === undefined
        ? {
              wrong: "has no scheme that says how to speak to it",
              right: /^[\w.-]+(:\d+)?$/.test(service)
                  ? `service: http://${service}`
                  : `one of ${serviceKinds}`,
          }
        : {
              wrong: "lacks the two slashes behind its scheme",
              right: `service: ${scheme}://${rest ?? ""}`,
          };
}

/** @param port with the colon before it */
function hostFlaw(scheme: string, host: string, port: string): Flaw | undefined {
    const plain = host.toLowerCase().replace(/\.$/, "");
    if (isLoopback(plain)) {
        return {
            wrong: "means the connector's own pod, in which nothing else runs",
            right: ownRight(scheme, port),
        };
    }
    if (/^\[fe[89ab][0-9a-f]:/i.test(host)) {
        return {
            wrong: "is an address that holds on one wire only (link-local), and the connector's pod is on none of the home's",
            right: `service: ${scheme}://192.168.1.11${port} (the machine's IPv4 address, or its IPv6 address that begins with fd or 2)`,
        };
    }
    if (host.startsWith("[") || isIP(host) !== 0) {
        const right = `service: ${scheme}://[fd00::7]${port}`;
        return isIP(host.replace(/^\[(.*)\]$/, "$1")) === (host.startsWith("[") ? 6 : 4)
            ? undefined
            : { wrong: "has no IPv6 address in its brackets", right };
    }
    return nameFlaw(scheme, host, port);
}

function nameFlaw(scheme: string, host: string, port: string): Flaw | undefined {
    const plain = host.toLowerCase().replace(/\.$/, "");
    const ascii = domainToASCII(plain);
    const labels = ascii.split(".");
    if (!labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))) {
        return { wrong: "has a host that no DNS can have", right: `service: ${serviceExample}` };
    }
    if (ascii !== plain) {
        // What URLs take for a short or an odd address is a name to Go.
        return isIP(ascii) === 4
            ? {
                  wrong: "is no address as cloudflared reads it",
                  right: `service: ${scheme}://${ascii}${port}`,
              }
            : {
                  wrong: "has a host in letters that cloudflared does not look up",
                  right: `service: ${scheme}://${ascii}${port}`,
              };
    }
    if (/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "")) {
        return { wrong: "has no IPv4 address", right: `service: ${scheme}://192.168.1.11${port}` };
    }
    if (labels.length === 1) {
        return {
            wrong: `names ${plain} alone, and the connector finds no Service without its namespace`,
            right: `service: ${scheme}://${plain}.NAMESPACE.svc.cluster.local${port}, or the address or full name of a host on the LAN`,
        };
    }
    const unknown = podNameFlaw(scheme, plain, port);
    if (
        unknown === undefined &&
        host.endsWith(".") &&
        (labels.length === 2 || labels.at(-1) === "svc")
    ) {
        return {
            wrong: "ends with a dot, which keeps the connector from completing a Service's name",
            right: `service: ${scheme}://${plain}${port}`,
        };
    }
    return unknown;
}

const ownRight = (scheme: string, port: string) =>
    `service: ${scheme}://192.168.1.11${port} (a Pi's address, for what runs on that Pi), or a Service: ${scheme}://NAME.NAMESPACE.svc.cluster.local${port}`;
