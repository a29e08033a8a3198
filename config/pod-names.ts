import { isIP } from "node:net";
import type { Flaw } from "./fields";

/**
 * Finds why no pod can look a host up although the name looks like one: what only other resolvers know, or a Service's name with a part missing
 * (kubernetes.io/docs/concepts/services-networking/dns-pod-service).
 * @param host in lower case, of two labels or more, without a dot at its end
 * @param port with the colon before it
 */
export function podNameFlaw(scheme: string, host: string, port: string): Flaw | undefined {
    const right = (name: string) => `service: ${scheme}://${name}${port}`;
    const labels = host.split(".");
    if (/\.(docker|containers)\.internal$/.test(host)) {
        return {
            wrong: "has a name that only Docker or Podman knows, and the connector runs in Kubernetes",
            right: `${right("192.168.1.11")} (the address of the machine that is meant)`,
        };
    }
    // An Active Directory may be called NAME.local; then its hosts have three labels, and a server that knows them.
    if (labels.length === 2 && labels[1] === "local") {
        return {
            wrong: "has a name of mDNS (Avahi, Bonjour), which no pod can look up",
            right: `${right("192.168.1.11")} (its address), or its full name if the router's DNS knows one`,
        };
    }
    const [, beforeLocal = ""] = /^(.+)\.svc\.cluster$/.exec(host) ?? [];
    if (beforeLocal !== "") {
        return { wrong: "lacks .local at its end", right: right(`${host}.local`) };
    }
    const [, name = ""] = /^([^.]+)\.svc(?:\.cluster\.local)?$/.exec(host) ?? [];
    if (name !== "") {
        return {
            wrong: `names the Service ${name} without its namespace`,
            right: right(`${name}.NAMESPACE.svc.cluster.local`),
        };
    }
    const [, pod = "", namespace = ""] =
        /^([^.]+)\.([^.]+)\.pod(?:\.cluster\.local)?$/.exec(host) ?? [];
    if (pod !== "" && !isDashedAddress(pod)) {
        return {
            wrong: "names a pod, which cluster DNS knows by its address alone (10-42-0-7)",
            right: `${right(`${pod}.${namespace}.svc.cluster.local`)} (its Service)`,
        };
    }
    const [, inside = ""] = /^(.+)\.cluster\.local$/.exec(host) ?? [];
    if (inside !== "" && !/\.(svc|pod)$/.test(inside)) {
        const full = inside.includes(".") ? inside : `${inside}.NAMESPACE`;
        return {
            wrong: "lacks .svc before cluster.local",
            right: right(`${full}.svc.cluster.local`),
        };
    }
    return undefined;
}

/** Whether it is an address with dashes for its dots or colons. */
function isDashedAddress(label: string): boolean {
    return isIP(label.replaceAll("-", ".")) === 4 || isIP(label.replaceAll("-", ":")) === 6;
}
