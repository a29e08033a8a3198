// First: a house that would not come back is refused before the providers' SDKs take their seconds to load.
import { config } from "./proven-config";
import * as cloudflare from "@pulumi/cloudflare";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as grafana from "@pulumiverse/grafana";
import { alertOptions, checkedAlerts } from "./components/alerts";
import { CloudflareTunnel } from "./components/cloudflare-tunnel";
import { comparedClusterDns } from "./components/cluster-dns";
import { DeadMansSwitch } from "./components/dead-mans-switch";
import { PiVolume, switchOrder } from "./components/pi-volume";
import { repairs } from "./components/pi-volume-status";
import { grafanaProvider, TelegramAlerting } from "./components/telegram-alerting";
import { telegramReceipt } from "./components/telegram-receipt";

const { alerting } = config;
const watched = alerting && checkedAlerts(alertOptions(config), alerting.alerts.runbooks);

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
    const name = `volume-${node.name}`;
    const confirmed = config.confirm.includes(name);
    const args = { ...node, privateKey, repair: mend[node.name], confirmed };
    volumes.push(new PiVolume(name, args, volumes.at(-1)));
}

const servers = volumes.filter(({ role }) => role === "server");
const dnsCompared = comparedClusterDns(
    config.clusterDns,
    config.kubeconfig,
    servers.map(({ switched }) => switched),
);
const tunnel = new CloudflareTunnel(
    "tunnel",
    {
        ...config.tunnel,
        protect: config.tunnel.protect && !config.confirm.includes("tunnel"),
        accountId: config.accountId,
        zones: config.zones,
        routes: config.routes,
        clusterDns: config.clusterDns,
        images: config.images,
        tunnelSecret: config.tunnelSecret,
        dnsToken: config.dnsToken,
        cloudflareToken: config.cloudflareToken,
        apiUrl: config.cloudflareUrl,
    },
    // A server's switch takes the API away.
    { providers: [cluster, account], dependsOn: dnsCompared.apply(() => servers) },
);

const watchers: DeadMansSwitch[] = [];
// Last, so that with Telegram or Grafana away all else is done and only this part fails.
if (alerting && watched) {
    const { grafanaAuth, heartbeatSecret, telegramToken } = config;
    const { telegram, alerts, heartbeat } = alerting;
    const chat = { ...telegram, telegramToken, runbooks: alerts.runbooks };
    const receipt = telegramReceipt("telegram", chat, { dependsOn: [...volumes, tunnel] });

    const watchdog =
        heartbeat &&
        new DeadMansSwitch(
            "watchdog",
            {
                ...{ ...chat, ...heartbeat, heartbeatSecret, accountId: config.accountId },
                scriptName: `rekindle-${pulumi.getStack()}`,
                healthUrl: tunnel.healthUrl,
            },
            { providers: [account], dependsOn: receipt },
        );
    watchers.push(...(watchdog ? [watchdog] : []));

    if (alerting.grafana) {
        const lan = new grafana.Provider(
            "grafana",
            grafanaProvider(alerting.grafana.url, grafanaAuth),
        );
        const beat = watchdog && { url: watchdog.heartbeatUrl, secret: heartbeatSecret };
        new TelegramAlerting(
            "alerting",
            {
                ...{ ...chat, ...alerting.grafana, grafanaAuth, heartbeat: beat },
                ...{ alerts: watched, pace: alerts.pace },
            },
            { providers: [lan], dependsOn: receipt },
        );
    }
}
// After the watchdog, which asks the former one until it has moved.
tunnel.retireFormerHealth(watchers);

export const tunnelId = tunnel.tunnelId;
export const hostnames = tunnel.hostnames;
export const healthUrl = tunnel.healthUrl;
