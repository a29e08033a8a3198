import { createServer, Packet, type DnsServer } from "dns2";
import { recordsFor, zoneOf } from "./cloudflare/dns-names";
import type { Faults } from "./cloudflare/faults";
import type { DnsRecord, Zone } from "./cloudflare/store";

/** All that can be looked up from inside the lab. */
export interface Names {
    /** Fixed names and their addresses. */
    readonly hosts: Readonly<Record<string, string>>;
    /** Asked at each look-up: zones are added. */
    readonly zones: () => readonly Zone[];
    readonly records: (zoneId: string) => readonly DnsRecord[];
    /** A domain whose every name leads to the edge: workers.dev. @default none */
    readonly edgeDomain?: string;
    /** Where proxied records and the edge's own names lead. */
    readonly edgeAddress: string;
}

export interface Answer {
    readonly name: string;
    readonly type: "A" | "AAAA" | "CNAME";
    readonly content: string;
    /** Seconds. */
    readonly ttl: number;
}

/** Cloudflare's "automatic" TTL, in seconds. */
const automaticTtl = 300;

/**
 * What a resolver on the internet would answer.
 * @returns undefined for a name that does not exist; an empty list for one that has no records of this type
 */
export function lookUp(name: string, type: string, names: Names): Answer[] | undefined {
    const host = names.hosts[name];
    if (host !== undefined) {
        return type === "A" ? [{ name, type, content: host, ttl: automaticTtl }] : [];
    }
    if (names.edgeDomain !== undefined && name.endsWith(`.${names.edgeDomain}`)) {
        const content = names.edgeAddress;
        return type === "A" ? [{ name, type, content, ttl: automaticTtl }] : [];
    }
    const zone = zoneOf(name, names.zones());
    const records = zone ? recordsFor(name, zone, names.records(zone.id)) : [];
    if (records.length === 0) {
        // A zone's own name always exists: it has name servers.
        return name === zone?.domain ? [] : undefined;
    }
    if (records.some(({ proxied }) => proxied)) {
        const content = names.edgeAddress;
        return type === "A" ? [{ name, type, content, ttl: automaticTtl }] : [];
    }
    return records.flatMap((record): Answer[] => {
        const ttl = record.ttl === 1 ? automaticTtl : record.ttl;
        const { content } = record;
        if (record.type === "CNAME") {
            const further = type === "CNAME" ? [] : (lookUp(content, type, names) ?? []);
            return [{ name, type: "CNAME", content, ttl }, ...further];
        }
        const wanted = record.type === type && (type === "A" || type === "AAAA");
        return wanted ? [{ name, type, content, ttl }] : [];
    });
}

/** Starts the stand-in for a public resolver on one address, UDP and TCP. */
export async function startResolver(
    endpoint: { address: string; port: number },
    names: Names,
    faults: Faults,
): Promise<{ port: number; close: () => Promise<void> }> {
    const server = createServer({
        udp: true,
        tcp: true,
        handle: (request, send) => {
            if (faults.kind("dns") === "down") {
                return;
            }
            void faults.slowness("dns").then(() => {
                void send(respond(request, names));
            });
        },
    });
    // For port 0 dns2 hands the whole object to Node, whose TCP servers call the address `host`.
    const at = { ...endpoint, host: endpoint.address };
    await Promise.race([server.listen({ udp: at, tcp: at }), rejectOnError(server)]);
    return {
        port: server.addresses().udp?.port ?? endpoint.port,
        close: async () => {
            await server.close();
        },
    };
}

/** dns2 tells of an address in use by an event only. */
function rejectOnError(server: DnsServer): Promise<never> {
    return new Promise((_resolve, reject) => {
        server.on("error", reject);
    });
}

function respond(request: Packet, names: Names): Packet {
    const response = Packet.createResponseFromRequest(request);
    // Go's resolver takes an empty answer from a server that does not recurse for a lame one.
    response.header.ra = 1;
    const [question] = request.questions;
    const name = question?.name.toLowerCase() ?? "";
    const answers = lookUp(name, typeName(question?.type), names);
    if (!answers) {
        response.header.rcode = Packet.RCODE.NXDOMAIN;
    }
    for (const { name, type, content, ttl } of answers ?? []) {
        const value = type === "CNAME" ? { domain: content } : { address: content };
        const fields = { name, type: Packet.TYPE[type], class: Packet.CLASS.IN, ttl, ...value };
        response.answers.push(new Packet.Resource(fields));
    }
    return response;
}

function typeName(type: number | undefined): string {
    return Object.entries(Packet.TYPE).find(([, value]) => value === type)?.[0] ?? "unknown";
}
