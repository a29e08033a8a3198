import { isIP } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";
import { configFolder } from "./cloudflared-config";
import {
    containerSecurity,
    dnsContainer,
    dnsVolumes,
    lookUps,
    podSecurity,
    secretVolume,
    type DnsPodArgs,
} from "./dns-pod";
import { placement } from "./pod-placement";

/** How the connectors reach Cloudflare's edge. */
export interface EdgeSettings {
    /** @default "auto": QUIC, and HTTP/2 where that does not connect */
    readonly protocol?: "auto" | "http2" | "quic" | undefined;
    /** @default the nearest of all regions */
    readonly region?: "us" | "" | undefined;
    /** "debug" also logs the headers of requests. @default "info" */
    readonly logLevel?: "debug" | "info" | "warn" | "error" | "fatal" | undefined;
}

export interface CloudflaredArgs extends DnsPodArgs, EdgeSettings {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: Record<string, string> };
    /** With digests: a tag can change under a house that rebuilds itself. */
    readonly images: { readonly cloudflared: string; readonly node: string };
    readonly priorityClassName: pulumi.Input<string>;
    /** ConfigMap with config.yaml. */
    readonly configName: pulumi.Input<string>;
    /** Secret with the tunnel's token. */
    readonly credentialsName: pulumi.Input<string>;
}

export const metricsPort = 2000;
const nodeKey = "kubernetes.io/hostname";

/** The connectors: never one less than wanted during a change, and no deadline that a slow uplink could miss. */
export function cloudflaredDeployment(args: CloudflaredArgs): types.input.apps.v1.DeploymentSpec {
    return {
        replicas: args.replicas,
        selector: args.selector,
        // Cloudflare's edge sends requests some seconds after a connector reports ready.
        minReadySeconds: 15,
        // All new ones begin together: a change takes as long for four connectors as for one.
        strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: "100%" } },
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
            securityContext: podSecurity,
            // Above the grace period of cloudflared, which unregisters its connections in it.
            terminationGracePeriodSeconds: 45,
            ...lookUps(args.clusterDns),
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
            ...placement(args),
            initContainers: [dnsContainer(args, "ensure")],
            containers: [connectorContainer(args)],
            volumes: [
                { name: "config", configMap: { name: args.configName } },
                { name: "credentials", secret: secretVolume(args.credentialsName) },
                ...dnsVolumes(args),
            ],
        },
    };
}

function connectorContainer(args: CloudflaredArgs): types.input.core.v1.Container {
    return {
        name: "cloudflared",
        image: args.images.cloudflared,
        imagePullPolicy: "IfNotPresent",
        args: [
            ["tunnel", "--config", `${configFolder}/config.yaml`],
            ["--metrics", `0.0.0.0:${metricsPort}`, "--grace-period", "30s"],
            ["--no-autoupdate", "run"],
        ].flat(),
        env: [
            { name: "TUNNEL_TOKEN_FILE", value: "/etc/cloudflared-credentials/token" },
            ...edgeEnvironment(args),
        ],
        ports: [{ name: "metrics", containerPort: metricsPort }],
        // With DNS down the port opens only after 20 to 60 seconds of look-ups.
        startupProbe: probe("/healthcheck", 5, 30),
        readinessProbe: probe("/ready", 10, 3),
        // Never /ready: every loss of the uplink would restart pods that are well.
        livenessProbe: probe("/healthcheck", 30, 6),
        // No CPU limit: throttled on a busy Pi, it would lose its connections.
        resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
        securityContext: containerSecurity,
        volumeMounts: [
            { name: "config", mountPath: configFolder, readOnly: true },
            { name: "credentials", mountPath: "/etc/cloudflared-credentials", readOnly: true },
        ],
    };
}

/** What differs from cloudflared's defaults, so that pods are not replaced for what they do anyway. */
function edgeEnvironment({
    protocol = "auto",
    region = "",
    logLevel = "info",
    clusterDns,
}: EdgeSettings & Pick<DnsPodArgs, "clusterDns">) {
    return [
        // The default only since 2026.5.0; before, a pod without IPv4 never connected.
        ...(clusterDns.every((address) => isIP(address) === 6)
            ? [{ name: "TUNNEL_EDGE_IP_VERSION", value: "auto" }]
            : []),
        ...(protocol === "auto" ? [] : [{ name: "TUNNEL_TRANSPORT_PROTOCOL", value: protocol }]),
        ...(region === "" ? [] : [{ name: "TUNNEL_REGION", value: region }]),
        ...(logLevel === "info" ? [] : [{ name: "TUNNEL_LOGLEVEL", value: logLevel }]),
    ];
}

function probe(
    path: string,
    periodSeconds: number,
    failureThreshold: number,
): types.input.core.v1.Probe {
    return { httpGet: { path, port: "metrics" }, periodSeconds, failureThreshold };
}
