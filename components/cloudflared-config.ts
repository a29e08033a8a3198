import { createHash } from "node:crypto";
import type { Route } from "../config";
import { inOrder } from "../config/route-order";

/** Where the connector's pod has the files of its ConfigMap. */
export const configFolder = "/etc/cloudflared";

/** The connector's files by name: config.yaml, and the certificates that a route's caPool gives as text. */
export function connectorFiles(routes: readonly Route[]): Record<string, string> {
    const pools = routes.flatMap(({ originRequest }) => originRequest?.caPool ?? []);
    return {
        "config.yaml": ingressConfig(routes),
        ...Object.fromEntries(pools.map((pem) => [poolFile(pem), pem])),
    };
}

/**
 * The text of cloudflared's config.yaml: one rule a line, so that a diff shows the route that changed. cloudflared takes the first rule
 * that fits, and refuses to start unless the last one catches all.
 */
export function ingressConfig(routes: readonly Route[]): string {
    const rules = inOrder(routes).map(({ hostname, path, service, originRequest }) => {
        const { caPool } = originRequest ?? {};
        const file = caPool === undefined ? {} : { caPool: `${configFolder}/${poolFile(caPool)}` };
        const options = originRequest && { originRequest: { ...originRequest, ...file } };
        return { hostname, path, service, ...options };
    });
    const lines = [...rules, { service: "http_status:404" }].map(
        // JSON is YAML as well, quoting included.
        (rule) => `  - ${JSON.stringify(rule)}\n`,
    );
    return `ingress:\n${lines.join("")}`;
}

/** One file for each text, however many routes have it. */
function poolFile(pem: string): string {
    return `ca-${createHash("sha256").update(pem).digest("hex").slice(0, 16)}.pem`;
}
