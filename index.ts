import * as cloudflare from "@pulumi/cloudflare";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CloudflareTunnel } from "./components/cloudflare-tunnel";
import { PiVolume, switchOrder } from "./components/pi-volume";
import { repairs } from "./components/pi-volume-status";
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

// One Pi at a time loses k3s for seconds: each volume is told which one goes before it.
const privateKey = pulumi.secret(config.sshPrivateKey ?? "");
const mend = repairs(config.nodes, config.sshPrivateKey);
const volumes: PiVolume[] = [];
for (const node of switchOrder(config.nodes)) {
    const args = { ...node, privateKey, repair: mend[node.name] };
    volumes.push(new PiVolume(`volume-${node.name}`, args, volumes.at(-1)));
}

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
    // A server's switch takes the API away.
    {
        providers: [cluster, account],
        dependsOn: volumes.filter(({ role }) => role === "server"),
    },
);

export const tunnelId = tunnel.tunnelId;
export const hostnames = tunnel.hostnames;
export const healthUrl = tunnel.healthUrl;
