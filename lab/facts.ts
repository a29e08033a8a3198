/** The house, as plain facts that every part of the lab agrees on. */

export const bridge = "rekindle0";

/** The gateway: the bridge's own address inside the lab's namespace. */
export const gateway = "10.77.0.1";
export const prefixLength = 24;

export interface Pi {
    readonly name: string;
    readonly address: string;
    readonly role: "server" | "agent";
    /** The /24 that its pods live in. */
    readonly podCidr: string;
}
export const pis: readonly Pi[] = [
    { name: "pi1", address: "10.77.0.11", role: "server", podCidr: "10.42.1.0/24" },
    { name: "pi2", address: "10.77.0.12", role: "agent", podCidr: "10.42.2.0/24" },
    { name: "pi3", address: "10.77.0.13", role: "agent", podCidr: "10.42.3.0/24" },
];
/** The unit that runs k3s on a Pi, as k3s's own installer names it. */
export const k3sUnit = ({ role }: Pi) => (role === "server" ? "k3s" : "k3s-agent");
export const sshUser = "pi";
/** Where the external drive appears on each Pi. */
export const driveMount = "/mnt/external";

/** k3s's defaults. */
export const clusterCidr = "10.42.0.0/16";
export const serviceCidr = "10.43.0.0/16";
export const clusterDns = "10.43.0.10";

/** The internet, as the house sees it: public addresses that the lab's namespace answers for itself. */
export const resolvers = ["1.1.1.1", "9.9.9.9"] as const;
export const internet = {
    /** Cloudflare's API stand-in, HTTPS on 443. */
    api: { host: "cloudflare.lab.test", address: "10.77.0.2" },
    /** The edge stand-in: visitors on 443, connectors on 7844. */
    edge: { address: "10.77.0.3", connectorPort: 7844 },
    /** Telegram's Bot API stand-in, HTTPS on 443. */
    telegram: { host: "api.telegram.org", address: "10.77.0.4" },
    /** Names that cloudflared and dns.mjs look up; they resolve to the edge stand-in. */
    edgeHosts: ["region1.v2.argotunnel.com", "region2.v2.argotunnel.com"],
} as const;
/** The account's subdomain of workers.dev. */
export const workersDomain = "lab.workers.dev";
/** The chats that the lab's bot knows, and one that it does not write to. */
export const chats = {
    home: { id: -1001234567890, type: "supergroup", title: "Home", topics: { 4: "Alerts" } },
    /** As it was before it became a supergroup. */
    before: { id: -987654321, type: "group", title: "Home", migratedTo: -1001234567890 },
    strangers: { id: -1009876543210, type: "supergroup", title: "Strangers", member: false },
} as const;
/** The Grafana stand-in on the LAN, as Pulumi.dev.yaml has it; and where it takes faults. */
export const grafanaUrl = "http://10.77.0.11:30300";
export const grafanaControl = "http://10.77.0.11:30302";
export const cloudflareUrl = `https://${internet.api.host}/client/v4`;

export const accountId = "0123456789abcdef0123456789abcdef";
/** How many records the lab's zones hold: as a free one from before September 2024 (cloudflare-docs#16600), for large homes. */
export const recordQuota = 1000;
export const zone = { domain: "home.example", id: "00000000000000000000000000000001" } as const;
