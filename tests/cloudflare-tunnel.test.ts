import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { CloudflareTunnel, type CloudflareTunnelArgs } from "../components/cloudflare-tunnel";
import { cloudflaredDeployment } from "../components/cloudflared-deployment";
import { dnsScripts } from "../components/tunnel-records";
import { registrations, the, type Registration } from "./registrations";

const digest = `@sha256:${"0".repeat(64)}`;
const args: CloudflareTunnelArgs = {
    accountId: "a".repeat(32),
    name: "home",
    zones: [
        { domain: "home.example", id: "1".repeat(32) },
        { domain: "garden.example", id: "2".repeat(32) },
    ],
    routes: [
        { hostname: "*.home.example", service: "http://web.web.svc:80" },
        {
            hostname: "git.home.example",
            service: "https://git.git.svc:3000",
            originRequest: { noTLSVerify: true },
        },
        { hostname: "garden.example", service: "http://garden.garden.svc:80" },
    ],
    tunnelSecret: "secret-of-the-tunnel",
    dnsToken: "token-of-the-pods",
    cloudflareToken: "token-of-the-deploy",
    apiUrl: "https://api.test/client/v4",
    images: { cloudflared: `cloudflared:1${digest}`, node: `node:24${digest}` },
};
const owner = "rekindle:rekindle/test tunnel=home";
const target = "tunnel-id.cfargotunnel.com";
const dnsEnvironment = {
    CLOUDFLARE_BASE_URL: args.apiUrl,
    CLOUDFLARE_API_TOKEN: "token-of-the-pods",
    CLOUDFLARE_ACCOUNT_ID: args.accountId,
    CLOUDFLARE_ACCOUNT_TOKEN: "token-of-the-deploy",
    DNS_TARGET: target,
};
const health = "tunnel-health-home.home.example";
const hosts = {
    owner,
    adopt: [],
    health,
    zones: [
        {
            id: "1".repeat(32),
            domain: "home.example",
            hostnames: ["*.home.example", "git.home.example", health],
        },
        { id: "2".repeat(32), domain: "garden.example", hostnames: ["garden.example"] },
    ],
};

const types = {
    component: "rekindle:index:CloudflareTunnel",
    tunnel: "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared",
    namespace: "kubernetes:core/v1:Namespace",
    configMap: "kubernetes:core/v1:ConfigMap",
    secret: "kubernetes:core/v1:Secret",
    service: "kubernetes:core/v1:Service",
    deployment: "kubernetes:apps/v1:Deployment",
    cronJob: "kubernetes:batch/v1:CronJob",
    budget: "kubernetes:policy/v1:PodDisruptionBudget",
    priority: "kubernetes:scheduling.k8s.io/v1:PriorityClass",
    command: "command:local:Command",
};

function register(changes: Partial<CloudflareTunnelArgs> = {}, preview = false) {
    return registrations((options) => {
        new CloudflareTunnel("tunnel", { ...args, ...changes }, options);
    }, preview);
}

describe("CloudflareTunnel", () => {
    let all: Registration[];
    const inputs = (type: string, name: string) => the(all, type, name).inputs;
    before(async () => {
        all = await register();
    });

    it("registers these resources and no other, all below itself and with its name before theirs", () => {
        const found = all.map(({ type, name }) => `${type} ${name}`).sort();
        const expected = [
            `${types.component} tunnel`,
            `${types.tunnel} tunnel`,
            `${types.namespace} tunnel-cloudflared`,
            `${types.configMap} tunnel-config`,
            `${types.configMap} tunnel-dns`,
            `${types.secret} tunnel-credentials`,
            `${types.secret} tunnel-dns-token`,
            `${types.priority} tunnel-priority`,
            `${types.command} tunnel-connections`,
            `${types.command} tunnel-leftovers`,
            `${types.command} tunnel-dns`,
            `${types.deployment} tunnel-cloudflared`,
            `${types.cronJob} tunnel-dns`,
            `${types.budget} tunnel-cloudflared`,
            `${types.service} tunnel-metrics`,
        ];
        assert.deepEqual(found, expected.sort());
        const strangers = all.filter(({ type, below }) => type !== types.component && !below);
        assert.deepEqual(strangers, []);
    });

    it("keeps every secret a secret, in its own inputs as well, and nowhere in the clear", () => {
        const secrets = all
            .filter((each) => each.secrets.length > 0)
            .map(({ type, name, secrets }) => `${type} ${name}: ${[...secrets].sort().join()}`);
        assert.deepEqual(
            secrets.sort(),
            [
                `${types.component} tunnel: cloudflareToken,dnsToken,tunnelSecret`,
                `${types.tunnel} tunnel: tunnelSecret`,
                `${types.secret} tunnel-credentials: stringData`,
                `${types.secret} tunnel-dns-token: stringData`,
                `${types.command} tunnel-connections: environment`,
                `${types.command} tunnel-leftovers: environment`,
                `${types.command} tunnel-dns: environment`,
            ].sort(),
        );
        for (const { name, inputs, secrets } of all) {
            const open = Object.entries(inputs).filter(([key]) => !secrets.includes(key));
            assert.doesNotMatch(JSON.stringify(open), /secret-of-the|token-of-the/, name);
        }
    });

    it("makes a locally managed tunnel whose token it derives itself", () => {
        assert.deepEqual(inputs(types.tunnel, "tunnel"), {
            accountId: args.accountId,
            name: "home",
            configSrc: "local",
            tunnelSecret: "secret-of-the-tunnel",
        });
        const { token } = inputs(types.secret, "tunnel-credentials")["stringData"] as {
            token: string;
        };
        assert.deepEqual(JSON.parse(Buffer.from(token, "base64").toString()), {
            a: args.accountId,
            t: "tunnel-id",
            s: "secret-of-the-tunnel",
        });
    });

    it("ships the scripts and the hosts beside them", () => {
        const { data } = inputs(types.configMap, "tunnel-dns") as { data: Record<string, string> };
        const { "hosts.json": text, ...files } = data;
        assert.deepEqual(files, dnsScripts().files);
        assert.deepEqual(JSON.parse(text ?? ""), hosts);
    });

    it("gives config.yaml a health hostname and a last rule that catches all", () => {
        const { data } = inputs(types.configMap, "tunnel-config") as {
            data: { "config.yaml": string };
        };
        assert.deepEqual(Object.keys(data), ["config.yaml"]);
        assert.deepEqual(parse(data["config.yaml"]), {
            ingress: [
                { hostname: "garden.example", service: "http://garden.garden.svc:80" },
                {
                    hostname: "git.home.example",
                    service: "https://git.git.svc:3000",
                    originRequest: { noTLSVerify: true },
                },
                // Until the watchdog has moved, of a home from before or with another first zone.
                ...[
                    ...["tunnel-health-home.garden.example", health],
                    ...["tunnel-health.garden.example", "tunnel-health.home.example"],
                ].map((hostname) => ({ hostname, service: "http_status:204" })),
                { hostname: "*.home.example", service: "http://web.web.svc:80" },
                { service: "http_status:404" },
            ],
        });
    });

    it("still answers the health hostnames that it can have had, for a watchdog that has not moved, but for those of routes", async () => {
        const rules = async (changes: Partial<CloudflareTunnelArgs>) => {
            const made = the(await register(changes), types.configMap, "tunnel-config").inputs;
            const { data } = made as { data: { "config.yaml": string } };
            const { ingress } = parse(data["config.yaml"]) as {
                ingress: { hostname?: string; service: string }[];
            };
            return ingress
                .filter(({ service }) => /204$/.test(service))
                .filter(({ hostname = "" }) => hostname.endsWith(".home.example"))
                .map(({ hostname }) => hostname);
        };
        const former = "tunnel-health.home.example";
        assert.deepEqual(await rules({ healthHostname: "up.home.example" }), [
            ...[health, former, "up.home.example"],
        ]);
        assert.deepEqual(await rules({ healthHostname: former }), [health, former]);
        const routes = [{ hostname: former, service: "http://status.status.svc" }];
        assert.deepEqual(await rules({ routes }), [health]);
    });

    it("leaves names to Pulumi, so that a new ConfigMap or Secret rolls the pods", () => {
        for (const { type, name, inputs: made } of all) {
            const { metadata } = made as { metadata?: { name?: string } };
            assert.equal(metadata?.name, undefined, `${type} ${name}`);
        }
    });

    it("gives the pods what it made, and longer than their own deadline", () => {
        const { inputs: made, options } = the(all, types.deployment, "tunnel-cloudflared");
        const selector = {
            matchLabels: {
                "app.kubernetes.io/name": "cloudflared",
                "app.kubernetes.io/instance": "tunnel",
            },
        };
        assert.deepEqual(
            made["spec"],
            cloudflaredDeployment({
                replicas: 2,
                selector,
                images: args.images,
                priorityClassName: "tunnel-priority-auto",
                configName: "tunnel-config-auto",
                credentialsName: "tunnel-credentials-auto",
                dnsName: "tunnel-dns-auto",
                dnsTokenName: "tunnel-dns-token-auto",
                target,
                apiUrl: args.apiUrl,
                clusterDns: ["10.43.0.10"],
            }),
        );
        const { customTimeouts } = options as pulumi.CustomResourceOptions;
        assert.deepEqual(customTimeouts, { create: "20m", update: "20m" });
        assert.deepEqual(inputs(types.namespace, "tunnel-cloudflared")["metadata"], {
            labels: { "pod-security.kubernetes.io/enforce": "restricted" },
        });
        assert.deepEqual(inputs(types.budget, "tunnel-cloudflared")["spec"], {
            minAvailable: 1,
            selector,
        });
    });

    it("prunes after the rollout; on destroy the records go first, then pods, connections, tunnel", () => {
        const { inputs: made, dependsOn, options } = the(all, types.command, "tunnel-dns");
        const { environment, stdin, ...commands } = made;
        assert.deepEqual(commands, {
            create: "node components/scripts/dns.mjs prune",
            delete: "node components/scripts/dns.mjs destroy",
        });
        assert.deepEqual(JSON.parse(String(stdin)), hosts);
        const { SCRIPT_SHA256, ...rest } = environment as Record<string, string>;
        assert.match(SCRIPT_SHA256 ?? "", /^[0-9a-f]{64}$/);
        assert.deepEqual(rest, dnsEnvironment);
        assert.equal((options as pulumi.CustomResourceOptions).deleteBeforeReplace, true);
        // A destroy goes against these arrows. The last one is the tunnel's id in the environment.
        assert.deepEqual(dependsOn, [`${types.deployment}::tunnel-cloudflared`]);
        assert.deepEqual(the(all, types.deployment, "tunnel-cloudflared").dependsOn, [
            `${types.command}::tunnel-connections`,
            `${types.command}::tunnel-leftovers`,
        ]);
        assert.deepEqual(inputs(types.command, "tunnel-connections"), {
            create: "true",
            delete: "node components/scripts/disconnect.mjs",
            environment: {
                CLOUDFLARE_BASE_URL: args.apiUrl,
                CLOUDFLARE_API_TOKEN: "token-of-the-deploy",
                CLOUDFLARE_ACCOUNT_ID: args.accountId,
                CLOUDFLARE_TUNNEL_ID: "tunnel-id",
            },
            addPreviousOutputInEnv: false,
        });
    });

    it("can delete the records of pods whose rollout never succeeded", () => {
        const { stdin, environment, ...made } = inputs(types.command, "tunnel-leftovers");
        assert.deepEqual(made, {
            create: "node components/scripts/dns.mjs remember",
            delete: "node components/scripts/dns.mjs destroy",
        });
        assert.deepEqual(environment, dnsEnvironment);
        const zones = hosts.zones.map((zone) => ({ ...zone, hostnames: [] }));
        assert.deepEqual(JSON.parse(String(stdin)), { owner, adopt: [], health, zones });
    });

    it("never replaces a command, which would delete every record", () => {
        assert.ok(!all.some(({ inputs: made }) => "triggers" in made));
    });

    it("shows hosts and rules at the first preview, when no id is known yet", async () => {
        const preview = await register({}, true);
        assert.deepEqual(
            preview.map(({ type, name }) => `${type} ${name}`).sort(),
            all.map(({ type, name }) => `${type} ${name}`).sort(),
        );
        for (const [type, name, property] of [
            [types.configMap, "tunnel-config", "data"],
            [types.configMap, "tunnel-dns", "data"],
            [types.command, "tunnel-dns", "stdin"],
        ] as const) {
            const known = the(preview, type, name).inputs[property];
            assert.deepEqual(known, inputs(type, name)[property]);
        }
    });

    it("registers no disruption budget for one replica: it would block every drain", async () => {
        const one = await register({ replicas: 1 });
        assert.ok(!one.some(({ type }) => type === types.budget));
    });

    it("takes over an existing tunnel without touching its secret, and protects it", async () => {
        const { options } = the(
            await register({ import: "6ff42ae2", protect: true }),
            types.tunnel,
            "tunnel",
        );
        const { import: id, ignoreChanges, protect } = options as pulumi.CustomResourceOptions;
        assert.deepEqual(
            { id, ignoreChanges, protect },
            { id: `${args.accountId}/6ff42ae2`, ignoreChanges: ["tunnelSecret"], protect: true },
        );
    });

    it("gives the connectors and the DNS job what the stack says of protocol and nodes", async () => {
        const tolerations = [{ key: "dedicated", operator: "Exists" as const }];
        const made = await register({
            protocol: "http2",
            tolerations,
            nodeSelector: { disk: "ssd" },
        });
        const deployed = JSON.stringify(the(made, types.deployment, "tunnel-cloudflared").inputs);
        const job = JSON.stringify(the(made, types.cronJob, "tunnel-dns").inputs);
        assert.match(deployed, /"TUNNEL_TRANSPORT_PROTOCOL","value":"http2"/);
        for (const text of [deployed, job]) {
            assert.match(text, /"key":"dedicated"/);
            assert.match(text, /"nodeSelector":\{"disk":"ssd"\}/);
        }
    });

    it("serves several paths of one hostname, which has one record and is named once", async () => {
        const hostname = "git.home.example";
        const api = { hostname, path: "^/api/", service: "http://api.api.svc" };
        const made = await register({ routes: [{ hostname, service: "http://web.web.svc" }, api] });
        const { data } = the(made, types.configMap, "tunnel-config").inputs as {
            data: { "config.yaml": string };
        };
        const { ingress } = parse(data["config.yaml"]) as { ingress: object[] };
        assert.deepEqual(ingress[0], api);
        const { stdin } = the(made, types.command, "tunnel-dns").inputs;
        assert.equal(String(stdin).split(`"${hostname}"`).length, 2);
    });

    it("refuses a route on its own health hostname", async () => {
        const routes = [{ hostname: health, service: "http://a" }];
        await assert.rejects(register({ routes }), {
            message:
                "tunnel-health-home.home.example is the tunnel's own hostname, for its health check: give that route another one.",
        });
    });
});
