import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";

export interface CloudflaredArgs {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: Record<string, string> };
    /** With digests: a tag can change under a house that rebuilds itself. */
    readonly images: { readonly cloudflared: string; readonly node: string };
    readonly priorityClassName: pulumi.Input<string>;
    /** ConfigMap with config.yaml. */
    readonly configName: pulumi.Input<string>;
    /** Secret with the tunnel's token. */
    readonly credentialsName: pulumi.Input<string>;
    /** ConfigMap with dns.mjs, what it imports, and hosts.json. */
    readonly dnsName: pulumi.Input<string>;
    /** Secret with the DNS token. */
    readonly dnsTokenName: pulumi.Input<string>;
    /** Content of the CNAMEs. */
    readonly target: pulumi.Input<string>;
    readonly apiUrl: string;
    readonly clusterDns: string;
}

export const metricsPort = 2000;
const nodeKey = "kubernetes.io/hostname";
/** The user of cloudflared's own image. */
const user = 65532;

const security: types.input.core.v1.SecurityContext = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
};

/** The connectors: never one less than wanted during a change, and no deadline that a slow uplink could miss. */
export function cloudflaredDeployment(args: CloudflaredArgs): types.input.apps.v1.DeploymentSpec {
    return {
        replicas: args.replicas,
        selector: args.selector,
        // Cloudflare's edge sends requests some seconds after a connector reports ready.
        minReadySeconds: 15,
        strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        progressDeadlineSeconds: 900,
        template: cloudflaredPod(args),
    };
}

/**
 * The connector's pod. At a cold start it needs the cluster's store, its two images and a route to Cloudflare, and
 * nothing else: no CoreDNS, no Cloudflare API, no registry of ours once the images are on the node.
 */
function cloudflaredPod(args: CloudflaredArgs): types.input.core.v1.PodTemplateSpec {
    return {
        metadata: { labels: args.selector.matchLabels },
        spec: {
            priorityClassName: args.priorityClassName,
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: {
                runAsNonRoot: true,
                runAsUser: user,
                runAsGroup: user,
                fsGroup: user,
                seccompProfile: { type: "RuntimeDefault" },
            },
            // Above the grace period of cloudflared, which unregisters its connections in it.
            terminationGracePeriodSeconds: 45,
            // The edge is found without CoreDNS, and services of the cluster as soon as it is there.
            dnsPolicy: "None",
            dnsConfig: {
                nameservers: [args.clusterDns, "1.1.1.1", "9.9.9.9"],
                options: [
                    { name: "ndots", value: "1" },
                    { name: "timeout", value: "2" },
                    { name: "attempts", value: "2" },
                ],
            },
            topologySpreadConstraints: [
                {
                    maxSkew: 1,
                    topologyKey: nodeKey,
                    // A lone survivor must be able to run all.
                    whenUnsatisfiable: "ScheduleAnyway",
                    labelSelector: args.selector,
                    // Otherwise the pods that a rollout is about to end count as well.
                    matchLabelKeys: ["pod-template-hash"],
                },
            ],
            tolerations: [
                { key: "node-role.kubernetes.io/control-plane", operator: "Exists" },
                ...["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].map(
                    // Kubernetes' own default is 300.
                    (key) => ({
                        key,
                        operator: "Exists",
                        effect: "NoExecute",
                        tolerationSeconds: 30,
                    }),
                ),
            ],
            initContainers: [dnsContainer(args)],
            containers: [connectorContainer(args)],
            volumes: [
                { name: "config", configMap: { name: args.configName } },
                { name: "credentials", secret: secretVolume(args.credentialsName) },
                { name: "dns", configMap: { name: args.dnsName } },
                { name: "dns-token", secret: secretVolume(args.dnsTokenName) },
            ],
        },
    };
}

function secretVolume(secretName: pulumi.Input<string>): types.input.core.v1.SecretVolumeSource {
    return { secretName, defaultMode: 0o440 };
}

function dnsContainer(args: CloudflaredArgs): types.input.core.v1.Container {
    return {
        name: "dns",
        image: args.images.node,
        imagePullPolicy: "IfNotPresent",
        command: ["node", "/etc/dns/dns.mjs", "ensure", "/etc/dns/hosts.json"],
        env: [
            { name: "CLOUDFLARE_BASE_URL", value: args.apiUrl },
            { name: "CLOUDFLARE_API_TOKEN_FILE", value: "/etc/dns-token/token" },
            { name: "DNS_TARGET", value: args.target },
            // Below the memory limit, so that Node collects garbage before the kernel kills it.
            { name: "NODE_OPTIONS", value: "--max-old-space-size=64" },
        ],
        resources: { requests: { cpu: "10m", memory: "48Mi" }, limits: { memory: "128Mi" } },
        securityContext: security,
        volumeMounts: [
            { name: "dns", mountPath: "/etc/dns", readOnly: true },
            { name: "dns-token", mountPath: "/etc/dns-token", readOnly: true },
        ],
    };
}

function connectorContainer(args: CloudflaredArgs): types.input.core.v1.Container {
    return {
        name: "cloudflared",
        image: args.images.cloudflared,
        imagePullPolicy: "IfNotPresent",
        args: [
            ["tunnel", "--config", "/etc/cloudflared/config.yaml"],
            ["--metrics", `0.0.0.0:${metricsPort}`, "--grace-period", "30s"],
            ["--no-autoupdate", "run"],
        ].flat(),
        env: [{ name: "TUNNEL_TOKEN_FILE", value: "/etc/cloudflared-credentials/token" }],
        ports: [{ name: "metrics", containerPort: metricsPort }],
        // With DNS down the port opens only after 20 to 60 seconds of look-ups.
        startupProbe: probe("/healthcheck", 5, 30),
        readinessProbe: probe("/ready", 10, 3),
        // Never /ready: every loss of the uplink would restart pods that are well.
        livenessProbe: probe("/healthcheck", 30, 6),
        // No CPU limit: throttled on a busy Pi, it would lose its connections.
        resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
        securityContext: security,
        volumeMounts: [
            { name: "config", mountPath: "/etc/cloudflared", readOnly: true },
            { name: "credentials", mountPath: "/etc/cloudflared-credentials", readOnly: true },
        ],
    };
}

function probe(
    path: string,
    periodSeconds: number,
    failureThreshold: number,
): types.input.core.v1.Probe {
    return { httpGet: { path, port: "metrics" }, periodSeconds, failureThreshold };
}
