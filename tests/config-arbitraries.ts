import fc from "fast-check";
import { node, required, sshKey } from "./right-config";

/** A structure as it stands in a stack's file: keys without prefix, structured ones not yet JSON. */
export type Raw = Record<string, unknown>;
/** Where a value lies in a structure, e.g. `["routes", 1, "service"]`. */
export type Path = readonly (string | number)[];

/** One of these characters. */
export const oneOf = (letters: string) => fc.constantFrom(...Array.from(letters));
const hex = (length: number) =>
    fc.string({
        unit: oneOf("0123456789abcdef"),
        minLength: length,
        maxLength: length,
    });
const token = fc.string({
    unit: oneOf("abcXYZ019_-"),
    minLength: 40,
    maxLength: 80,
});
const label = fc
    .tuple(
        oneOf("abcxyz019_"),
        fc.string({ unit: oneOf("abz09-_ÄüßŁ"), maxLength: 10 }),
        oneOf("abcxyz019"),
    )
    .map((parts) => parts.join(""))
    // Two dashes at the third place mean punycode, which most letters after them are not.
    .filter((text) => text.slice(2, 4) !== "--");
const service = fc.oneof(
    fc
        .tuple(
            fc.constantFrom("http", "https", "tcp", "ssh", "rdp", "smb"),
            fc.constantFrom("git.git", "git.git.svc", "10.0.0.7", "[fd00::7]", "pi1.lan"),
            fc.option(fc.integer({ min: 1, max: 65_535 })),
        )
        .map(([scheme, host, port]) => `${scheme}://${host}${port === null ? "" : `:${port}`}`),
    fc.constantFrom("hello_world", "http_status:404"),
);
const path = fc.constantFrom("^/api/", "\\.png$", "(?i)^/[[:alpha:]]+", "^/größe");
const originRequest = fc.record(
    {
        connectTimeout: fc.constantFrom("10s", "1m30s", "500ms"),
        keepAliveConnections: fc.nat(10_000),
        httpHostHeader: fc.constantFrom("git.internal", "a:80"),
        noTLSVerify: fc.boolean(),
        matchSNItoHost: fc.boolean(),
        tcpKeepAlive: fc.constantFrom("-1s", "1.5m"),
        access: fc.record({
            required: fc.boolean(),
            teamName: fc.constantFrom("my-team", "t"),
            audTag: fc.array(hex(64), { minLength: 1, maxLength: 2 }),
        }),
    },
    { requiredKeys: [] },
);
const withDigest = hex(64).map((digest) => `docker.io/library/node:24@sha256:${digest}`);

function routesIn(domains: readonly string[]): fc.Arbitrary<unknown[]> {
    const name = fc
        .tuple(fc.constantFrom("", "*."), fc.array(label, { maxLength: 2 }), fc.nat())
        .map(([wildcard, labels, domain]) => {
            const zone = domains[domain % domains.length] ?? "";
            return wildcard + [...labels, zone].join(".");
        });
    const route = fc.record(
        { hostname: name, service, path, originRequest },
        { requiredKeys: ["hostname", "service"] },
    );
    return fc.uniqueArray(route, {
        maxLength: 8,
        selector: ({ hostname }) => new URL(`http://${hostname.replace("*", "star")}`).hostname,
    });
}

const nodes = fc
    .array(
        fc.record(
            {
                role: fc.constantFrom("agent", "server"),
                port: fc.integer({ min: 1, max: 65_535 }),
                user: fc.constantFrom("pi", "john.doe", "Admin"),
                volume: fc.record({
                    drive: fc.constantFrom("/mnt/external", "/media/pi/My Passport", "/mnt/Größe"),
                    size: fc.constantFrom("64MiB", "20GiB", "2TiB"),
                }),
                away: fc.boolean(),
            },
            { requiredKeys: ["role"] },
        ),
        { maxLength: 4 },
    )
    .map((list) =>
        list.map((each, index) => ({
            ...node,
            ...each,
            name: index % 2 === 0 ? `pi${index}` : `pi${index}.home.lan`,
            address: `192.168.1.${index + 1}`,
        })),
    );

/** What the program cannot see, in every form; services need each other in all ways, circles too. */
const surroundings = {
    services: fc
        .array(
            fc.record(
                {
                    hostnames: fc.constant([]),
                    image: fc.constantFrom("gitea/gitea:1", "registry.lan:5000/a/b", "node"),
                    needs: fc.subarray(["svc0", "dns", "internet", "nas.lan", "10.0.0.9"]),
                    optional: fc.constantFrom(true, false, [], ["svc0"]),
                },
                { requiredKeys: [] },
            ),
            { minLength: 1, maxLength: 4 },
        )
        .map((list) => list.map((each, index) => ({ ...each, name: `svc${index}` }))),
    resolvers: fc.subarray(["1.1.1.1", "2606:4700:4700::1111", "pi.hole", "tls://9.9.9.9:853"]),
    stateUrl: fc.constantFrom("", "s3://b?endpoint=minio.lan:9000", "file://~", "gs://b"),
    gitUrl: fc.constantFrom("", "git@github.com:a/b.git", "ssh://git@a.b:22/c", "/srv/home.git"),
    secretsUrl: fc.constantFrom("", "passphrase", "awskms://alias/a", "https://vault.lan:8200"),
};

/** Configuration that is right, of every form that docs/configuration.md allows. */
export const rightConfig: fc.Arbitrary<Raw> = fc
    .uniqueArray(fc.tuple(label, hex(32)), {
        minLength: 1,
        maxLength: 3,
        comparator: ([a, x], [b, y]) => a.toLowerCase() === b.toLowerCase() || x === y,
    })
    .chain((zones) => {
        const domains = zones.map(([name]) => `${name}.example`);
        return fc.record({
            cluster: fc.constantFrom("home", "lab-2"),
            accountId: hex(32),
            cloudflareToken: token,
            dnsToken: token,
            zones: fc.constant(zones.map(([name, id]) => ({ domain: `${name}.example`, id }))),
            routes: routesIn(domains),
            tunnel: fc.record(
                {
                    name: fc.constantFrom("home", "My tunnel 2"),
                    replicas: fc.integer({ min: 1, max: 20 }),
                    import: fc.uuid(),
                    protect: fc.boolean(),
                    adopt: fc.array(fc.uuid().map((id) => `${id}.cfargotunnel.com`)),
                    protocol: fc.constantFrom("auto", "http2", "quic"),
                    region: fc.constant("us"),
                    logLevel: fc.constantFrom("debug", "fatal"),
                    tolerations: fc.array(
                        fc.record(
                            {
                                key: fc.constantFrom("a", "example.com/b"),
                                value: fc.constantFrom("", "x"),
                                effect: fc.constantFrom("NoSchedule", "NoExecute"),
                            },
                            { requiredKeys: ["key"] },
                        ),
                        { maxLength: 2 },
                    ),
                },
                { requiredKeys: ["name"] },
            ),
            tunnelSecret: fc
                .uint8Array({ minLength: 32, maxLength: 64 })
                .map((bytes) => Buffer.from(bytes).toString("base64")),
            images: fc.record({
                cloudflared: withDigest.map((image) =>
                    image.replace("library/node:24", "x/tunnel:1"),
                ),
                node: withDigest,
            }),
            nodes,
            ...surroundings,
        });
    })
    .map((values) => ({ kubeconfig: required.kubeconfig, sshPrivateKey: sshKey, ...values }));

/** Every place in a structure, the keys themselves first. */
export function placesIn(value: unknown, at: Path = []): Path[] {
    if (typeof value !== "object" || value === null) {
        return [];
    }
    const entries: [string | number, unknown][] = Array.isArray(value)
        ? [...(value as unknown[]).entries()]
        : Object.entries(value);
    return entries.flatMap(([key, inner]) => [[...at, key], ...placesIn(inner, [...at, key])]);
}

export function valueAt(value: unknown, path: Path): unknown {
    return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value);
}

/** The structure with one place changed: another value, none (undefined), or another name for the field. */
export function changedAt(value: unknown, path: Path, change: { to: unknown } | { name: string }) {
    // By way of JSON: two places that share one object become two.
    const copy = JSON.parse(JSON.stringify(value)) as Raw;
    const last = path.at(-1) ?? "";
    const parent = valueAt(copy, path.slice(0, -1)) as Record<string | number, unknown>;
    if ("to" in change && change.to !== undefined) {
        parent[last] = change.to;
        return copy;
    }
    if ("name" in change) {
        parent[change.name] = parent[last];
    }
    Reflect.deleteProperty(parent, last);
    return copy;
}
