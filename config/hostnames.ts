import { isHostname, type Flaw } from "./fields";

export const hostnameExample = "hostname: git.home.example";
export const healthExample = "healthHostname: health-cabin.home.example";

/** Finds what is wrong with a route's hostname; what is right comes as close to what was meant as can be. */
export function hostnameFlaw(name: string): Flaw | undefined {
    if (isHostname(name, true)) {
        return undefined;
    }
    const right = (meant: string) =>
        isHostname(meant, true) ? `hostname: ${meant}` : hostnameExample;
    const [, scheme, host = "", port, path] =
        /^([a-z][a-z0-9+.-]*:\/\/)?([^/:]*)(:\d*)?(\/.*)?$/i.exec(name.trim()) ?? [];
    const bare = right(host.replace(/\.$/, ""));
    if (scheme !== undefined) {
        return { wrong: "is not a hostname but an address", right: bare };
    }
    if (path !== undefined) {
        return { wrong: "is not a hostname: it has a path in it", right: bare };
    }
    if (port !== undefined) {
        return {
            wrong: "is not a hostname: visitors come by HTTPS at Cloudflare's port 443",
            right: bare,
        };
    }
    if (name.endsWith(".")) {
        return { wrong: "is not a hostname: it ends with a dot", right: bare };
    }
    if (name.replace(/^\*\./, "").includes("*")) {
        return {
            wrong: "is not a hostname: * stands only first, for a whole label",
            right: right(`*.${name.split(".").slice(1).join(".").replaceAll("*.", "")}`),
        };
    }
    return { wrong: "is not a hostname (*. may stand before it)" };
}

/** The same for the health hostname, which is one name. */
export function healthFlaw(name: string): Flaw | undefined {
    if (name.startsWith("*.")) {
        return { wrong: "is not one hostname, without *." };
    }
    const { wrong, right = hostnameExample } = hostnameFlaw(name) ?? {};
    return wrong === undefined
        ? undefined
        : {
              wrong: wrong.replace(/ \(\*\. .*\)$/, ""),
              ...(right === hostnameExample
                  ? {}
                  : { right: right.replace("hostname", "healthHostname") }),
          };
}
