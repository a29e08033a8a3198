import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { zoneOf, type Route, type Zone } from "../config";

/** The comment that marks the DNS records of one stack's tunnel. */
export function ownerMark(project: string, stack: string, tunnel: string): string {
    return `rekindle:${project}/${stack} tunnel=${tunnel}`;
}

/** What cannot work, and what to do about it. */
export function tunnelProblem(
    owner: string,
    health: string,
    routes: readonly Route[],
): string | undefined {
    // Cloudflare's limit for a comment on the free plan.
    if (owner.length > 100) {
        return `The mark of this tunnel's DNS records, "${owner}", has ${owner.length} characters and Cloudflare takes 100: shorten the name of the tunnel or of the stack.`;
    }
    if (routes.some(({ hostname }) => hostname === health)) {
        return `${health} is the tunnel's own hostname, for its health check: give that route another one.`;
    }
    return undefined;
}

export interface WantedRecords {
    /** The mark of this stack's records. */
    readonly owner: string;
    readonly adopt: readonly string[];
    /** The hostname that proves the tunnel. The record of an earlier one stays until nobody asks it any more. */
    readonly health: string;
    readonly zones: readonly (Zone & { readonly hostnames: readonly string[] })[];
}

/** The input of dns.mjs. All of it is known before anything exists, so that the first preview shows it. */
export function wantedRecords(
    owner: string,
    routes: readonly Route[],
    health: string,
    { zones, adopt = [] }: { zones: readonly Zone[]; adopt?: readonly string[] },
): WantedRecords {
    // One record leads to all routes of a hostname.
    const names = [...new Set(routes.map(({ hostname }) => hostname))].sort();
    return {
        owner,
        adopt,
        health,
        zones: zones.map((zone) => ({
            id: zone.id,
            domain: zone.domain,
            hostnames: names.filter((name) => zoneOf(name, zones) === zone),
        })),
    };
}

/** What the pods need for `dns.mjs ensure`: dns-status.mjs is for people, and stays on the machine that deploys. */
const shipped = [
    "dns.mjs",
    "dns-changes.mjs",
    "dns-input.mjs",
    "dns-plan.mjs",
    "dns-texts.mjs",
    "dns-zones.mjs",
    "cloudflare-api.mjs",
    "slow-uplink.mjs",
];

/** dns.mjs and what it imports, word for word, and one checksum of all. */
export function dnsScripts(): { files: Record<string, string>; sha256: string } {
    const files = Object.fromEntries(
        shipped.map((file) => [file, readFileSync(join(__dirname, "scripts", file), "utf8")]),
    );
    const sha256 = createHash("sha256").update(JSON.stringify(files)).digest("hex");
    return { files, sha256 };
}
