import * as cloudflare from "@pulumi/cloudflare";
import * as k8s from "@pulumi/kubernetes";
import { CloudflareTunnel } from "./components/cloudflare-tunnel";
import { loadConfig } from "./config";

const config = loadConfig();

// A reinstalled k3s has a new CA: without an identifier of its own the provider, and every object with it, would be replaced.
const cluster = new k8s.Provider("cluster", {
    kubeconfig: config.kubeconfig,
    clusterIdentifier: config.cluster,
});
const account = new cloudflare.Provider("cloudflare", {
    apiToken: config.cloudflareToken,
    baseUrl: config.cloudflareUrl,
});

const tunnel = new CloudflareTunnel(
    "tunnel",
    {
        ...config.tunnel,
        accountId: config.accountId,
        zones: config.zones,
        routes: config.routes,
        images: config.images,
        tunnelSecret: config.tunnelSecret,
        dnsToken: config.dnsToken,
        cloudflareToken: config.cloudflareToken,
        apiUrl: config.cloudflareUrl,
    },
    { providers: [cluster, account] },
);

export const tunnelId = tunnel.tunnelId;
export const hostnames = tunnel.hostnames;
export const healthUrl = tunnel.healthUrl;
