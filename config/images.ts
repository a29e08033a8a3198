import type { Flaw } from "./fields";

/** What runs in the tunnel's pods. */
type Kind = "cloudflared" | "node";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
export const imageExamples: Readonly<Record<Kind, string>> = {
    cloudflared: `cloudflared: docker.io/cloudflare/cloudflared:2026.8.2@${digest}`,
    node: `node: docker.io/library/node:24-alpine@${digest}`,
};
export const imagesExample = `images: { ${imageExamples.cloudflared}, ${imageExamples.node} }`;

/** cloudflared reads its token from a file since then (TUNNEL_TOKEN_FILE: RELEASE_NOTES of cloudflared, 2025.4.0). */
const oldestCloudflared = [2025, 4, 0] as const;
/** What the scripts are written for. */
const oldestNode = 22;

/** Finds what is wrong with an image; its tag tells its version only where it has the usual form. */
export function imageFlaw(kind: Kind, image: string): Flaw | undefined {
    const other = kind === "node" ? "cloudflared" : "node";
    const [, name = "", tag = ""] = /([^/:@]+)(?::([^/:@]+))?(?:@[^/]*)?$/.exec(image) ?? [];
    if (name.toLowerCase() === other) {
        return { wrong: `is an image of ${other}, and the tunnel's pods run it as ${kind}` };
    }
    if (!/^\S+@sha256:[0-9a-f]{64}$/.test(image)) {
        return {
            wrong: "is not an image with its digest (a tag can change under you; a digest cannot)",
        };
    }
    const numbers = /^v?(\d+(?:\.\d+)*)(?:-.*)?$/.exec(tag)?.[1]?.split(".").map(Number) ?? [];
    if (kind === "node" && name === "node" && (numbers[0] ?? oldestNode) < oldestNode) {
        return {
            wrong: `is Node ${numbers[0] ?? ""}, and the scripts need ${oldestNode} or newer`,
        };
    }
    if (kind === "cloudflared" && numbers.length === 3 && isBefore(numbers, oldestCloudflared)) {
        return {
            wrong: `is cloudflared ${numbers.join(".")}, which reads no token from a file: that takes ${oldestCloudflared.join(".")} or newer`,
        };
    }
    return undefined;
}

function isBefore(numbers: readonly number[], others: readonly number[]): boolean {
    const at = numbers.findIndex((number, index) => number !== others[index]);
    return at >= 0 && (numbers[at] ?? 0) < (others[at] ?? 0);
}
