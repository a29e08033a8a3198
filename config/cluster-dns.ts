import { isIP } from "node:net";
import * as z from "zod";
import { plainHost } from "./addresses";
import { separator } from "./fields";
import { isLoopback } from "./loopback";

/** k3s's own `cluster-dns`: the tenth address of its default `service-cidr`. */
export const k3sDns = "10.43.0.10";
const example = "clusterDns: 10.96.0.10";

/**
 * Where the cluster's DNS answers: one address, or one of each family, as a list or with a comma between them as k3s's `cluster-dns` has
 * them. IPv6 addresses come out as short as they can be.
 */
export const clusterDns = z
    .unknown()
    .default(k3sDns)
    .transform((input, { issues }): readonly string[] => {
        const entries: unknown[] = Array.isArray(input)
            ? input
            : String(input)
                  .split(/[\s,]+/)
                  .filter((text) => text !== "");
        const add = (value: unknown, wrong: string) => {
            const shown = JSON.stringify(value).replaceAll(/\p{C}/gu, "?").slice(0, 80);
            const message = `${shown} ${wrong}${separator}${example}`;
            issues.push({ code: "custom", input, message });
        };
        for (const entry of entries) {
            const wrong = addressFlaw(entry);
            if (wrong !== undefined) {
                add(entry, wrong);
            }
        }
        const addresses = entries.map((entry) => plainHost(String(entry)));
        if (entries.length === 0) {
            add(input, "names no address of the cluster's DNS service");
        }
        for (const family of [4, 6]) {
            const same = addresses.filter((address) => isIP(address) === family);
            if (same.length > 1) {
                add(
                    input,
                    `has ${same.length} IPv${family} addresses, and one of each family is possible`,
                );
            }
        }
        return addresses;
    });

function addressFlaw(entry: unknown): string | undefined {
    const text = String(entry);
    if (isIP(text) !== 0 && !text.includes("%")) {
        return isLoopback(isIP(text) === 6 ? `[${text}]` : text)
            ? "is the pod itself, and not the cluster's DNS service"
            : undefined;
    }
    const [, address = "", rest = ""] = /^\[?([0-9a-f.:]+?)\]?(\/\d+|:\d+)?$/i.exec(text) ?? [];
    return rest.startsWith("/") && isIP(address) !== 0
        ? "is a range: the DNS service has one address in it, which is the tenth unless k3s's cluster-dns says otherwise"
        : "is not an IP address, without port and brackets";
}

/** Public resolvers of two operators, with and without IPv6: Cloudflare's and Quad9's. */
const outside = { 4: ["1.1.1.1", "9.9.9.9"], 6: ["2606:4700:4700::1111", "2620:fe::fe"] } as const;

/**
 * Lists the nameservers of the tunnel's pods, three at most (Kubernetes' limit): the cluster's DNS first, then two outside, for the edge
 * and the API while the cluster's is not there. A pod without IPv4 reaches those by IPv6 only; one with both has one of each.
 */
export function podNameservers(dns: readonly string[]): string[] {
    const [first = k3sDns] = dns;
    const families = new Set(dns.map((address) => isIP(address)));
    if (families.size > 1) {
        return [first, outside[4][0], outside[6][1]];
    }
    return [first, ...(families.has(6) ? outside[6] : outside[4])];
}
