import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";
import { podNameservers } from "../config/cluster-dns";
import { podLookUps } from "../config/look-ups";
import { placement, type NodeWishes } from "./pod-placement";

/** What a pod needs to look after the DNS records. */
export interface DnsPodArgs extends NodeWishes {
    /** With a digest. */
    readonly images: { readonly node: string };
    /** ConfigMap with dns.mjs, what it imports, and hosts.json. */
    readonly dnsName: pulumi.Input<string>;
    /** Secret with the DNS token. */
    readonly dnsTokenName: pulumi.Input<string>;
    /** Content of the CNAMEs. */
    readonly target: pulumi.Input<string>;
    readonly apiUrl: string;
    /** Addresses of the cluster's DNS service. */
    readonly clusterDns: readonly string[];
}

/** The user of cloudflared's own image. */
const user = 65532;
export const podSecurity: types.input.core.v1.PodSecurityContext = {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    seccompProfile: { type: "RuntimeDefault" },
};
export const containerSecurity: types.input.core.v1.SecurityContext = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
};

/**
 * Keeps the records right while the tunnel runs, without a connector that restarts: its failed jobs tell of a token that was revoked, or of
 * somebody else's record, before anybody misses a hostname.
 */
export function dnsCronJob(args: DnsPodArgs): types.input.batch.v1.CronJobSpec {
    return {
        schedule: "*/15 * * * *",
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds: 300,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 1,
        jobTemplate: {
            spec: {
                backoffLimit: 0,
                activeDeadlineSeconds: 300,
                // A failed one is over soon after the next has succeeded.
                ttlSecondsAfterFinished: 1200,
                template: {
                    spec: {
                        restartPolicy: "Never",
                        automountServiceAccountToken: false,
                        enableServiceLinks: false,
                        securityContext: podSecurity,
                        ...lookUps(args.clusterDns),
                        ...placement(args),
                        containers: [dnsContainer(args, "keep")],
                        volumes: dnsVolumes(args),
                    },
                },
            },
        },
    };
}

/** Finds the edge and the API without CoreDNS, and the cluster's Services, by each form of their names, as soon as it is there. */
export function lookUps(clusterDns: readonly string[]) {
    return {
        dnsPolicy: "None",
        dnsConfig: {
            nameservers: podNameservers(clusterDns),
            searches: [...podLookUps.searches],
            options: [
                { name: "ndots", value: String(podLookUps.ndots) },
                { name: "timeout", value: "2" },
                { name: "attempts", value: "2" },
            ],
        },
    };
}

export function dnsVolumes({ dnsName, dnsTokenName }: DnsPodArgs): types.input.core.v1.Volume[] {
    return [
        { name: "dns", configMap: { name: dnsName } },
        { name: "dns-token", secret: secretVolume(dnsTokenName) },
    ];
}

export function secretVolume(
    secretName: pulumi.Input<string>,
): types.input.core.v1.SecretVolumeSource {
    return { secretName, defaultMode: 0o440 };
}

export function dnsContainer(
    args: DnsPodArgs,
    mode: "ensure" | "keep",
): types.input.core.v1.Container {
    return {
        name: "dns",
        image: args.images.node,
        imagePullPolicy: "IfNotPresent",
        command: ["node", "/etc/dns/dns.mjs", mode, "/etc/dns/hosts.json"],
        env: [
            { name: "CLOUDFLARE_BASE_URL", value: args.apiUrl },
            { name: "CLOUDFLARE_API_TOKEN_FILE", value: "/etc/dns-token/token" },
            { name: "DNS_TARGET", value: args.target },
            // Below the memory limit, so that Node collects garbage before the kernel kills it.
            { name: "NODE_OPTIONS", value: "--max-old-space-size=64" },
        ],
        resources: { requests: { cpu: "10m", memory: "48Mi" }, limits: { memory: "128Mi" } },
        securityContext: containerSecurity,
        volumeMounts: [
            { name: "dns", mountPath: "/etc/dns", readOnly: true },
            { name: "dns-token", mountPath: "/etc/dns-token", readOnly: true },
        ],
    };
}
