import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Route } from "../config";
import { connectorFiles } from "./cloudflared-config";
import { cloudflaredDeployment, metricsPort, type EdgeSettings } from "./cloudflared-deployment";
import { dnsCronJob } from "./dns-pod";
import type { NodeWishes } from "./pod-placement";
import { dnsScripts, type WantedRecords } from "./tunnel-records";

export interface ConnectorsArgs extends NodeWishes, EdgeSettings {
    readonly routes: readonly Route[];
    /** The input of dns.mjs. */
    readonly hosts: WantedRecords;
    /** The tunnel's token, with which a connector joins it. */
    readonly token: pulumi.Input<string>;
    readonly dnsToken: pulumi.Input<string>;
    /** Content of the CNAMEs. */
    readonly target: pulumi.Input<string>;
    readonly apiUrl: string;
    readonly images: { readonly cloudflared: string; readonly node: string };
    readonly replicas: number;
    /** Addresses of the cluster's DNS service. */
    readonly clusterDns: readonly string[];
}

/** Makes the tunnel's connectors in the cluster, and all that they read. @returns their Deployment */
export function connectors(
    name: string,
    args: ConnectorsArgs,
    { dependsOn, ...child }: pulumi.ResourceOptions,
): k8s.apps.v1.Deployment {
    const namespace = new k8s.core.v1.Namespace(
        `${name}-cloudflared`,
        { metadata: { labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
        child,
    );
    const metadata = { namespace: namespace.metadata.name };
    // Names of ConfigMaps and Secrets are Pulumi's: a change makes a new one, and its new name rolls the pods.
    const config = new k8s.core.v1.ConfigMap(
        `${name}-config`,
        { metadata, data: connectorFiles(args.routes) },
        child,
    );
    const credentials = new k8s.core.v1.Secret(
        `${name}-credentials`,
        { metadata, stringData: { token: args.token } },
        child,
    );
    const dns = new k8s.core.v1.ConfigMap(
        `${name}-dns`,
        {
            metadata,
            data: { ...dnsScripts().files, "hosts.json": JSON.stringify(args.hosts, null, 4) },
        },
        child,
    );
    const dnsToken = new k8s.core.v1.Secret(
        `${name}-dns-token`,
        { metadata, stringData: { token: args.dnsToken } },
        child,
    );
    const priority = new k8s.scheduling.v1.PriorityClass(
        `${name}-priority`,
        { value: 1_000_000, description: "The way into the house comes before its services" },
        child,
    );
    const labels = {
        "app.kubernetes.io/name": "cloudflared",
        "app.kubernetes.io/instance": name,
    };
    const selector = { matchLabels: labels };
    const records = {
        ...args,
        dnsName: dns.metadata.name,
        dnsTokenName: dnsToken.metadata.name,
    };
    const deployment = new k8s.apps.v1.Deployment(
        `${name}-cloudflared`,
        {
            metadata: { ...metadata, labels },
            spec: cloudflaredDeployment({
                ...records,
                selector,
                priorityClassName: priority.metadata.name,
                configName: config.metadata.name,
                credentialsName: credentials.metadata.name,
            }),
        },
        {
            ...child,
            ...(dependsOn === undefined ? {} : { dependsOn }),
            // Longer than the Deployment's own deadline, whose message says more than a time-out.
            customTimeouts: { create: "20m", update: "20m" },
        },
    );
    // Like the pods it must be gone before the last clean-up, or it would make records again.
    new k8s.batch.v1.CronJob(
        `${name}-dns`,
        { metadata, spec: dnsCronJob(records) },
        { ...child, ...(dependsOn === undefined ? {} : { dependsOn }) },
    );
    if (args.replicas > 1) {
        new k8s.policy.v1.PodDisruptionBudget(
            `${name}-cloudflared`,
            { metadata, spec: { minAvailable: 1, selector } },
            child,
        );
    }
    new k8s.core.v1.Service(
        `${name}-metrics`,
        {
            metadata: { ...metadata, labels },
            spec: { selector: labels, ports: [{ name: "metrics", port: metricsPort }] },
        },
        // Pulumi waits for a Service's endpoints, which come with the pods.
        { ...child, dependsOn: deployment },
    );
    return deployment;
}
