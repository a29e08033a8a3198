import { askCloudflare } from "../../lab/ask-cloudflare";
import type { Tunnel } from "../../lab/cloudflare/api-tunnels";
import { resolvers, zone } from "../../lab/facts";
import { runningHouse } from "../../lab/house";
import { internetClient } from "../../lab/internet-client";
import { kubectl } from "../../lab/kubectl";
import { kube, until } from "./lab";

const name = "cabin";
const namespace = "other-home";

/** A second home on the lab's domain, as another stack has made it: its tunnel, with a connector of its own in the lab's cluster. */
export interface OtherHome {
    readonly tunnelId: string;
    /** Content of its records. */
    readonly target: string;
    /** Adds a record with that stack's mark. */
    addRecord(hostname: string): Promise<void>;
    /** Ends its connector and deletes its tunnel; its records stay. */
    abandon(): Promise<void>;
}

/** @param hostnames that its connector answers with 204 */
export async function startOtherHome(hostnames: readonly string[]): Promise<OtherHome> {
    const internet = internetClient();
    const secret = Buffer.alloc(32, 1).toString("base64");
    const body = { name, config_src: "local", tunnel_secret: secret };
    const { id } = await askCloudflare<{ id: string }>("POST", "/cfd_tunnel", body);
    const token = await askCloudflare<string>("GET", `/cfd_tunnel/${id}/token`);
    const rules = hostnames.map((hostname) => ({ hostname, service: "http_status:204" }));
    const ingress = [...rules, { service: "http_status:404" }];
    const objects = [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
        {
            ...{ apiVersion: "v1", kind: "Secret", metadata: { name, namespace } },
            stringData: { token, "config.yaml": JSON.stringify({ ingress }) },
        },
        connectorPod(await connectorImage()),
    ];
    const input = objects.map((object) => `${JSON.stringify(object)}\n`).join("---\n");
    await kubectl(runningHouse().k3s, ["apply", "-f", "-"], { input });
    await until("the other home's tunnel", 180, async () => {
        const tunnel = (await internet.tunnels()).find((each: Tunnel) => each.id === id);
        return tunnel?.status === "healthy" || undefined;
    });
    const target = `${id}.cfargotunnel.com`;
    return {
        ...{ tunnelId: id, target },
        addRecord: async (hostname) => {
            const comment = `rekindle:rekindle/${name} tunnel=${name}`;
            const record = { type: "CNAME", name: hostname, content: target, proxied: true };
            await internet.addRecord({ zoneId: zone.id, ...record, comment });
        },
        abandon: async () => {
            await kube("delete", "namespace", namespace, "--ignore-not-found", "--timeout=120s");
            const alive = (await internet.tunnels()).find((each) => each.id === id);
            if (alive?.deleted_at === null) {
                await askCloudflare("DELETE", `/cfd_tunnel/${id}/connections`);
                await askCloudflare("DELETE", `/cfd_tunnel/${id}`);
            }
        },
    };
}

/** The image of the lab's own connectors, which every Pi has. */
async function connectorImage(): Promise<string> {
    const path = "jsonpath={.items[0].spec.template.spec.containers[0].image}";
    const selector = "app.kubernetes.io/name=cloudflared";
    return (await kube("get", "deployments", "-A", "-l", selector, "-o", path)).trim();
}

function connectorPod(image: string): object {
    const mountPath = "/etc/other-home";
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace },
        spec: {
            dnsPolicy: "None",
            dnsConfig: { nameservers: [...resolvers] },
            containers: [
                {
                    ...{ name: "cloudflared", image, imagePullPolicy: "IfNotPresent" },
                    args: [
                        ...["tunnel", "--config", `${mountPath}/config.yaml`],
                        ...["--metrics", "0.0.0.0:2000", "--no-autoupdate", "run"],
                    ],
                    env: [{ name: "TUNNEL_TOKEN_FILE", value: `${mountPath}/token` }],
                    volumeMounts: [{ name: "files", mountPath, readOnly: true }],
                },
            ],
            volumes: [{ name: "files", secret: { secretName: name } }],
        },
    };
}
