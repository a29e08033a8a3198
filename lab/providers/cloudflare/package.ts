import { packageOf } from "../resource-rules";
import { text } from "../values";
import { CloudflareClient } from "./client";
import { findTunnel, tunnelRules } from "./tunnel";
import { namespaceRules } from "./worker-namespace";
import { cronRules, subdomainRules } from "./worker-parts";
import { scriptRules } from "./worker-script";

/** Returns the client of a provider's account. */
export type Client = () => CloudflareClient;

/** Stands in for pulumi-cloudflare 6.22, for tunnels and Workers. */
export const cloudflarePackage = packageOf<Client>(
    "cloudflare",
    ["apiToken", "baseUrl", "version"],
    {
        "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared": tunnelRules,
        "cloudflare:index/workersKvNamespace:WorkersKvNamespace": namespaceRules,
        "cloudflare:index/workersScript:WorkersScript": scriptRules,
        "cloudflare:index/workersCronTrigger:WorkersCronTrigger": cronRules,
        "cloudflare:index/workersScriptSubdomain:WorkersScriptSubdomain": subdomainRules,
    },
    // Made when the first call is due: a preview makes no call and needs no valid token.
    (config) => () => new CloudflareClient(text(config["baseUrl"]), text(config["apiToken"])),
    {
        "cloudflare:index/getZeroTrustTunnelCloudflared:getZeroTrustTunnelCloudflared": findTunnel,
    },
);
