import assert from "node:assert/strict";
import { cloudflaredDeployment, type EdgeSettings } from "../components/cloudflared-deployment";

const selector = { matchLabels: { app: "cloudflared" } };
const args = {
    replicas: 2,
    selector,
    images: { cloudflared: "cloudflared@sha256:1", node: "node@sha256:2" },
    priorityClassName: "priority",
    configName: "config-1",
    credentialsName: "credentials-1",
    dnsName: "dns-1",
    dnsTokenName: "dns-token-1",
    target: "id.cfargotunnel.com",
    apiUrl: "https://api.test/client/v4",
    clusterDns: ["10.43.0.10"],
};
const { template, ...spec } = cloudflaredDeployment(args);

/** What the tests look at; the builder's own type would allow an Output everywhere. */
interface Container {
    readonly name: string;
    readonly env: object;
    readonly securityContext: object;
    readonly startupProbe?: object;
    readonly readinessProbe?: object;
    readonly livenessProbe?: object;
}
const pod = (template as { spec: unknown }).spec as Record<string, unknown> & {
    readonly containers: readonly [Container];
    readonly initContainers: readonly [Container];
};

describe("cloudflaredDeployment", () => {
    it("rolls out without an outage, and gives a slow uplink a quarter of an hour", () => {
        assert.deepEqual(spec, {
            replicas: 2,
            selector,
            minReadySeconds: 15,
            strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: "100%" } },
            progressDeadlineSeconds: 900,
        });
    });

    it("keeps to the restricted pod security standard", () => {
        assert.deepEqual(pod["securityContext"], {
            runAsNonRoot: true,
            runAsUser: 65532,
            runAsGroup: 65532,
            fsGroup: 65532,
            seccompProfile: { type: "RuntimeDefault" },
        });
        for (const { securityContext } of [...pod.containers, ...pod.initContainers]) {
            assert.deepEqual(securityContext, {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
            });
        }
        assert.equal(pod["automountServiceAccountToken"], false);
        assert.equal(pod["enableServiceLinks"], false);
    });

    it("finds the edge without the cluster's DNS, and a Service by its short names with it", () => {
        assert.equal(pod["dnsPolicy"], "None");
        assert.deepEqual(pod["dnsConfig"], {
            nameservers: ["10.43.0.10", "1.1.1.1", "9.9.9.9"],
            searches: ["svc.cluster.local", "cluster.local"],
            options: [
                { name: "ndots", value: "2" },
                { name: "timeout", value: "2" },
                { name: "attempts", value: "2" },
            ],
        });
    });

    it("spreads over the nodes, but lets a lone survivor run all", () => {
        assert.deepEqual(pod["topologySpreadConstraints"], [
            {
                maxSkew: 1,
                topologyKey: "kubernetes.io/hostname",
                whenUnsatisfiable: "ScheduleAnyway",
                labelSelector: selector,
                matchLabelKeys: ["pod-template-hash"],
            },
        ]);
        const gone = { operator: "Exists", effect: "NoExecute", tolerationSeconds: 30 };
        assert.deepEqual(pod["tolerations"], [
            { key: "node-role.kubernetes.io/control-plane", operator: "Exists" },
            { key: "CriticalAddonsOnly", operator: "Exists" },
            { key: "node.kubernetes.io/not-ready", ...gone },
            { key: "node.kubernetes.io/unreachable", ...gone },
        ]);
    });

    it("takes readiness from the edge, and liveness never", () => {
        const [connector] = pod.containers;
        const probe = (path: string, periodSeconds: number, failureThreshold: number) => ({
            httpGet: { path, port: "metrics" },
            periodSeconds,
            failureThreshold,
        });
        assert.deepEqual(connector.startupProbe, probe("/healthcheck", 5, 30));
        assert.deepEqual(connector.readinessProbe, probe("/ready", 10, 3));
        assert.deepEqual(connector.livenessProbe, probe("/healthcheck", 30, 6));
    });

    it("ends a pod only after cloudflared's own grace period", () => {
        const { args } = pod.containers[0] as unknown as { args: string[] };
        assert.deepEqual(args, [
            "tunnel",
            "--config",
            "/etc/cloudflared/config.yaml",
            "--metrics",
            "0.0.0.0:2000",
            "--grace-period",
            "30s",
            "--no-autoupdate",
            "run",
        ]);
        assert.equal(pod["terminationGracePeriodSeconds"], 45);
    });

    it("gets secrets as files that only its group reads, never in the environment", () => {
        assert.deepEqual(pod["volumes"], [
            { name: "config", configMap: { name: "config-1" } },
            { name: "credentials", secret: { secretName: "credentials-1", defaultMode: 0o440 } },
            { name: "dns", configMap: { name: "dns-1" } },
            { name: "dns-token", secret: { secretName: "dns-token-1", defaultMode: 0o440 } },
        ]);
        assert.deepEqual(pod.initContainers[0].env, [
            { name: "CLOUDFLARE_BASE_URL", value: "https://api.test/client/v4" },
            { name: "CLOUDFLARE_API_TOKEN_FILE", value: "/etc/dns-token/token" },
            { name: "DNS_TARGET", value: "id.cfargotunnel.com" },
            { name: "NODE_OPTIONS", value: "--max-old-space-size=64" },
        ]);
        assert.deepEqual(pod.containers[0].env, [
            { name: "TUNNEL_TOKEN_FILE", value: "/etc/cloudflared-credentials/token" },
        ]);
    });

    it("gives cloudflared its protocol, region and log level, and no setting that is its default", () => {
        const envOf = (edge: EdgeSettings & { clusterDns?: string[] }) => {
            const other: unknown = cloudflaredDeployment({ ...args, ...edge }).template;
            const { containers } = (other as { spec: typeof pod }).spec;
            return (containers[0].env as { name: string; value: string }[]).slice(1);
        };
        assert.deepEqual(envOf({ protocol: "http2", region: "us", logLevel: "debug" }), [
            { name: "TUNNEL_TRANSPORT_PROTOCOL", value: "http2" },
            { name: "TUNNEL_REGION", value: "us" },
            { name: "TUNNEL_LOGLEVEL", value: "debug" },
        ]);
        assert.deepEqual(envOf({ protocol: "auto", region: "", logLevel: "info" }), []);
        assert.deepEqual(envOf({ clusterDns: ["10.43.0.10", "fd00:43::a"] }), []);
    });

    it("reaches the edge in a cluster that has IPv6 alone, also with a cloudflared that tries IPv4 alone by itself", () => {
        const other: unknown = cloudflaredDeployment({ ...args, clusterDns: ["fd00:43::a"] });
        const { template } = other as { template: { spec: typeof pod } };
        assert.deepEqual((template.spec.containers[0].env as object[]).slice(1), [
            { name: "TUNNEL_EDGE_IP_VERSION", value: "auto" },
        ]);
    });
});
