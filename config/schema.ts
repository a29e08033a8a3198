import * as z from "zod";
import { alertingKeys } from "./alerting";
import { clusterDns } from "./cluster-dns";
import { connectorKeys } from "./connectors";
import {
    asciiHostname,
    check,
    fields,
    flag,
    flawless,
    hostname,
    list,
    text,
    wanted,
    whole,
} from "./fields";
import { healthExample, healthFlaw, hostnameExample, hostnameFlaw } from "./hostnames";
import { imageExamples, imageFlaw, imagesExample } from "./images";
import { base64Bytes, node, nodeExample, privateKeyFlaw } from "./nodes";
import { originRequest } from "./origin-request";
import { serviceExample, serviceFlaw, serviceKinds } from "./origins";
import { pathExample, pathFlaw } from "./paths";
import { surroundingKeys } from "./surroundings";

const routeExample =
    "{ hostname: git.home.example, service: http://git.git.svc.cluster.local:3000 }";
const zoneExample = "{ domain: home.example, id: 0123456789abcdef0123456789abcdef }";
const tokenExample = "pulumi config set --secret cloudflareToken";
const hex32 = /^[0-9a-f]{32}$/;

const image = (kind: "cloudflared" | "node") =>
    flawless((value) => imageFlaw(kind, value), "an image with its digest", imageExamples[kind]);
// The pattern that the Cloudflare provider itself checks (terraform-provider-cloudflare v5).
const apiToken = (example: string) =>
    text(
        /^[0-9A-Za-z_-]{40,80}$/,
        "a Cloudflare API token (40 to 80 letters, digits, - and _)",
        example,
        true,
    );

/** The keys of this program, in the order of docs/configuration.md. */
const schema = {
    cluster: text(
        /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
        "a short lower-case name",
        "cluster: home",
    ),
    kubeconfig: check(
        // YAML, or JSON as kubectl prints it on request.
        (value) => /\bkind["']?: *["']?Config\b/.test(value) && /\bserver["']?:/.test(value),
        "a kubeconfig's text (k3s writes it to /etc/rancher/k3s/k3s.yaml)",
        "pulumi config set --secret kubeconfig < k3s.yaml",
        true,
    ),
    clusterDns,
    accountId: text(
        hex32,
        "an account id (32 hexadecimal digits, in the dashboard's address)",
        "accountId: 0123456789abcdef0123456789abcdef",
    ),
    cloudflareToken: apiToken(tokenExample),
    cloudflareUrl: check(
        (value) => /^https:\/\/[^/]+\/client\/v4$/.test(value),
        "an https address that ends with /client/v4",
        "cloudflareUrl: https://api.cloudflare.com/client/v4",
    ).default("https://api.cloudflare.com/client/v4"),
    zones: list(
        fields(
            {
                domain: hostname("a domain", "domain: home.example", false),
                id: text(
                    hex32,
                    "a zone id (32 hexadecimal digits, on the zone's overview page)",
                    "id: 0123456789abcdef0123456789abcdef",
                ),
            },
            zoneExample,
        ),
        `zones: [${zoneExample}]`,
    ).min(1, { error: wanted("a list of at least one zone", `zones: [${zoneExample}]`) }),
    routes: list(
        fields(
            {
                hostname: flawless(
                    hostnameFlaw,
                    "a hostname (*. may stand before it)",
                    hostnameExample,
                ).transform(asciiHostname),
                service: flawless(
                    serviceFlaw,
                    `a service of cloudflared's: ${serviceKinds}`,
                    `service: ${serviceExample}`,
                ),
                path: flawless(
                    pathFlaw,
                    "a regular expression for a request's path",
                    pathExample,
                ).optional(),
                originRequest: originRequest.optional(),
            },
            routeExample,
        ),
        `routes: [${routeExample}]`,
    ),
    tunnel: fields(
        {
            name: text(
                /^[A-Za-z0-9]([A-Za-z0-9 ._-]{0,62}[A-Za-z0-9])?$/,
                "a tunnel name of at most 64 letters, digits, dots, dashes",
                "name: home",
            ),
            replicas: whole(
                1,
                20,
                "a number of connector pods from 1 to 20",
                "replicas: 2",
            ).default(2),
            import: text(
                /^[0-9a-f-]{36}$/,
                "the id (UUID) of the tunnel to take over",
                "import: 6ff42ae2-765d-4adf-8112-31c55c1551ef",
            ).optional(),
            protect: flag("protect: true").default(false),
            adopt: list(
                text(
                    /^[0-9a-f-]{36}\.cfargotunnel\.com$/,
                    "the old target of records to adopt",
                    "adopt: [6ff42ae2-765d-4adf-8112-31c55c1551ef.cfargotunnel.com]",
                ),
                "adopt: [6ff42ae2-765d-4adf-8112-31c55c1551ef.cfargotunnel.com]",
            ).default([]),
            healthHostname: flawless(healthFlaw, "a hostname", healthExample)
                .transform(asciiHostname)
                .optional(),
            ...connectorKeys,
        },
        "tunnel: { name: home, replicas: 2 }",
    ),
    tunnelSecret: check(
        (value) => (base64Bytes(value)?.length ?? 0) >= 32,
        "at least 32 bytes in base64",
        "openssl rand -base64 32 | pulumi config set --secret tunnelSecret",
        true,
    ),
    dnsToken: apiToken("pulumi config set --secret dnsToken"),
    images: fields({ cloudflared: image("cloudflared"), node: image("node") }, imagesExample),
    nodes: list(node, `nodes: [${nodeExample}]`).default([]),
    sshPrivateKey: flawless(
        privateKeyFlaw,
        "a private key in OpenSSH's format",
        "pulumi config set --secret sshPrivateKey < ~/.ssh/id_ed25519",
        true,
    ).optional(),
    ...alertingKeys,
    confirm: list(
        check(
            (name) => name === "tunnel" || name.startsWith("volume-"),
            "something that can be confirmed: tunnel, or volume-NAME of a node in rekindle:nodes",
            "confirm: [tunnel, volume-pi1]",
        ),
        "confirm: [tunnel, volume-pi1]",
    ).default([]),
    ...surroundingKeys,
};
export const object = z.object(schema);
export type Values = z.output<typeof object>;
export type ConfigKey = keyof typeof schema;
export const configKeys = Object.keys(schema) as readonly ConfigKey[];
