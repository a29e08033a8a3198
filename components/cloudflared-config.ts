import type { Route } from "../config";

/**
 * The text of cloudflared's config.yaml: one rule a line, so that a diff shows the route that changed.
 * cloudflared takes the first rule that fits, so the most specific ones come first whatever their order in the stack's
 * configuration; it refuses to start unless the last one catches all.
 */
export function ingressConfig(routes: readonly Route[]): string {
    const rules = [...routes]
        .sort((a, b) => compareHostnames(a.hostname, b.hostname))
        .map(({ hostname, service, originRequest }) => ({ hostname, service, originRequest }));
    const lines = [...rules, { service: "http_status:404" }].map(
        // JSON is YAML as well, quoting included.
        (rule) => `  - ${JSON.stringify(rule)}\n`,
    );
    return `ingress:\n${lines.join("")}`;
}

/** Concrete names before wildcards, long wildcards before short ones, otherwise by name. */
function compareHostnames(a: string, b: string): number {
    const rank = (name: string) => (name.startsWith("*.") ? -name.split(".").length : -Infinity);
    const [rankA, rankB] = [rank(a), rank(b)];
    return rankA === rankB ? (a < b ? -1 : 1) : rankA - rankB;
}
