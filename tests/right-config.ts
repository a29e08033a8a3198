import { checkConfig } from "../config/check";

const digest = `@sha256:${"0".repeat(64)}`;

/** A public ed25519 key of zeros, which no host has. */
const hostKey = `ssh-ed25519 ${Buffer.concat([
    Buffer.from("\0\0\0\x0bssh-ed25519\0\0\0\x20", "latin1"),
    Buffer.alloc(32),
]).toString("base64")}`;

/** A Pi as it may stand under nodes. */
export const node = {
    name: "pi1",
    address: "192.168.1.11",
    role: "server",
    hostKey,
    volume: { drive: "/mnt/external", size: "20GiB" },
};

/** Configuration that is right, of the keys that are required. */
export const required = {
    cluster: "dev",
    kubeconfig:
        "apiVersion: v1\nkind: Config\nclusters: [{ cluster: { server: https://10.0.0.1:6443 } }]",
    accountId: "0".repeat(32),
    cloudflareToken: "t".repeat(40),
    dnsToken: "d".repeat(40),
    zones: [{ domain: "home.example", id: "1".repeat(32) }],
    routes: [{ hostname: "git.home.example", service: "http://git.git.svc:3000" }],
    tunnel: { name: "home" },
    tunnelSecret: Buffer.alloc(32, 7).toString("base64"),
    images: { cloudflared: `cloudflare/cloudflared:1${digest}`, node: `node:24${digest}` },
};

/** The form of a private key; there is none in it. */
export const sshKey =
    "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";

/** Raw configuration as Pulumi hands it over: `required` with some keys changed; undefined leaves a key out. */
export function raw(
    changes: Readonly<Record<string, unknown>> = {},
): Record<string, string | undefined> {
    return Object.fromEntries(
        Object.entries<unknown>({ ...required, ...changes }).map(([key, value]) => [
            key,
            typeof value === "string" || value === undefined ? value : JSON.stringify(value),
        ]),
    );
}

export function problemsOf(changes: Readonly<Record<string, unknown>>): string[] {
    const checked = checkConfig(raw(changes));
    return "problems" in checked ? checked.problems.map((p) => `${p.where}: ${p.wrong}`) : [];
}
