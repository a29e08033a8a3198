import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { writeKept } from "../kept-file";

export interface Zone {
    readonly domain: string;
    readonly id: string;
    /** How many records it may hold. @default 200, of a free zone made since September 2024 (cloudflare-docs#16600) */
    readonly recordQuota?: number;
}

/** A DNS record in the form the API gives it out. */
export interface DnsRecord {
    readonly id: string;
    readonly zone_id: string;
    readonly name: string;
    readonly type: string;
    readonly content: string;
    readonly priority?: number;
    readonly proxiable: boolean;
    readonly proxied: boolean;
    /** Seconds; 1 means automatic. */
    readonly ttl: number;
    readonly settings: Record<string, unknown>;
    /** Read-only is the record of a Worker's or Pages' custom domain. */
    readonly meta: { readonly read_only?: boolean };
    readonly comment: string | null;
    readonly tags: readonly string[];
    readonly created_on: string;
    readonly modified_on: string;
}

/** What is kept of a tunnel; its status and connections come from the live connections. */
export interface StoredTunnel {
    readonly id: string;
    readonly account_tag: string;
    readonly name: string;
    readonly config_src: "local" | "cloudflare";
    /** Base64, as given at creation: it is part of the tunnel's token. */
    readonly tunnel_secret: string;
    readonly created_at: string;
    readonly deleted_at: string | null;
    /** Since when it has connections; null while it has none. */
    readonly conns_active_at: string | null;
    /** Since when it has no connections; null while it has some. */
    readonly conns_inactive_at: string | null;
    /** A tunnel that never had a connector is `inactive`, not `down`. */
    readonly everConnected: boolean;
}

/** All that the Cloudflare stand-in knows, in memory, and in a file when one is given. */
export class Store {
    readonly zones: Zone[];
    readonly records = new Map<string, DnsRecord>();
    readonly tunnels = new Map<string, StoredTunnel>();
    /** What zones held, oldest first, and until when. */
    private past: { zoneId: string; until: number; records: DnsRecord[] }[] = [];

    /** @param file where each change is kept (mode 0600: tunnel secrets), so that a restart goes on from there */
    constructor(
        zones: readonly Zone[],
        private readonly file?: string,
    ) {
        this.zones = [...zones];
        if (file !== undefined && existsSync(file)) {
            const kept = JSON.parse(readFileSync(file, "utf8")) as Kept;
            kept.records.forEach((record) => this.records.set(record.id, record));
            kept.tunnels.forEach((tunnel) => this.tunnels.set(tunnel.id, tunnel));
        }
    }

    /** Takes zones in that are not there yet, as somebody does in the dashboard. None is ever taken out by itself. */
    addZones(zones: readonly Zone[]): void {
        const isNew = ({ id, domain }: Zone) =>
            this.zones.every((known) => known.id !== id && known.domain !== domain);
        this.zones.push(...zones.filter(isNew));
    }

    zoneRecords(zoneId: string): DnsRecord[] {
        return [...this.records.values()].filter((record) => record.zone_id === zoneId);
    }

    /** The records of a zone as they were so many milliseconds ago, a minute at most. */
    zoneRecordsBefore(zoneId: string, age: number): DnsRecord[] {
        const time = Date.now() - age;
        const then = this.past.find((each) => each.zoneId === zoneId && each.until > time);
        return then?.records ?? this.zoneRecords(zoneId);
    }

    /** Replaces all records of a zone at once. */
    setZoneRecords(zoneId: string, records: Iterable<DnsRecord>): void {
        const until = Date.now();
        this.past = this.past.filter((each) => each.until > until - 60_000);
        this.past.push({ zoneId, until, records: this.zoneRecords(zoneId) });
        for (const old of this.zoneRecords(zoneId)) {
            this.records.delete(old.id);
        }
        for (const record of records) {
            this.records.set(record.id, record);
        }
        this.save();
    }

    setTunnel(tunnel: StoredTunnel): void {
        this.tunnels.set(tunnel.id, tunnel);
        this.save();
    }

    private save(): void {
        const kept: Kept = {
            records: [...this.records.values()],
            tunnels: [...this.tunnels.values()],
        };
        writeKept(this.file, kept);
    }
}

interface Kept {
    readonly records: readonly DnsRecord[];
    readonly tunnels: readonly StoredTunnel[];
}

/** An id as Cloudflare gives to everything but tunnels: 32 hexadecimal digits. */
export function newId(): string {
    return randomBytes(16).toString("hex");
}
