import { assertHandled, rulesOf, type ResourceRules } from "../resource-rules";
import type { Package } from "../rules";
import { text } from "../values";
import { CloudflareClient } from "./client";
import { tunnelRules } from "./tunnel";
import { namespaceRules } from "./worker-namespace";
import { cronRules, subdomainRules } from "./worker-parts";
import { scriptRules } from "./worker-script";

/** Returns the client of a provider's account. */
export type Client = () => CloudflareClient;

const configKeys = ["apiToken", "baseUrl", "version"];
const types: Readonly<Record<string, (client: Client) => ResourceRules>> = {
    "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared": tunnelRules,
    "cloudflare:index/workersKvNamespace:WorkersKvNamespace": namespaceRules,
    "cloudflare:index/workersScript:WorkersScript": scriptRules,
    "cloudflare:index/workersCronTrigger:WorkersCronTrigger": cronRules,
    "cloudflare:index/workersScriptSubdomain:WorkersScriptSubdomain": subdomainRules,
};

/** Stands in for pulumi-cloudflare 6.22, for tunnels and Workers. */
export const cloudflarePackage: Package = {
    name: "cloudflare",
    types: Object.keys(types),
    checkConfig(inputs) {
        assertHandled(inputs, configKeys);
        return inputs;
    },
    configure(config) {
        // Made when the first call is due: a preview makes no call and needs no valid token.
        const client = () =>
            new CloudflareClient(text(config["baseUrl"]), text(config["apiToken"]));
        return rulesOf(
            Object.fromEntries(Object.entries(types).map(([type, rules]) => [type, rules(client)])),
        );
    },
};
