import * as cloudflare from "@pulumi/cloudflare";
import * as pulumi from "@pulumi/pulumi";
import type { Route, Zone } from "../config";
import { k3sDns } from "../config/cluster-dns";
import { formerHealthHostname, healthHostname } from "../config/health";
import type { EdgeSettings } from "./cloudflared-deployment";
import { connectors } from "./connectors";
import { mistake } from "./mistake";
import type { NodeWishes } from "./pod-placement";
import { cleanUpCommands, recordsCommand, retireCommand } from "./tunnel-commands";
import { explainTakenName } from "./tunnel-exists";
import { refuseUntakeable } from "./tunnel-import";
import { ownerMark, tunnelProblem, wantedRecords } from "./tunnel-records";

export interface CloudflareTunnelArgs extends EdgeSettings, NodeWishes {
    /** Cloudflare account id. */
    accountId: string;
    /** Name of the tunnel at Cloudflare. A new name is a change in place; records and pods follow. */
    name: string;
    /**
     * Zones that records may be made in; the first also has the health hostname. The records of a zone that is taken out
     * are deleted, as long as `dnsToken` may still do so; otherwise they are told of, and left.
     */
    zones: readonly Zone[];
    /** Public hostnames, in lower case and punycode, each in one of the zones. */
    routes: readonly Route[];
    /** The tunnel's own secret: at least 32 bytes in base64. A new one is a change in place and a rolling restart. */
    tunnelSecret: pulumi.Input<string>;
    /** API token for the records only: Zone, DNS, Edit. The pods have it. */
    dnsToken: pulumi.Input<string>;
    /** API token of the deploy: Account, Cloudflare Tunnel, Edit. The pods do not have it. */
    cloudflareToken: pulumi.Input<string>;
    /** Base address of Cloudflare's API, without a slash at its end. */
    apiUrl: string;
    /** Images with digests. `node` runs the DNS script: Node 22 or newer. */
    images: { readonly cloudflared: string; readonly node: string };
    /** Connector pods; with one, every change and every drained node interrupts the service. @default 2 */
    replicas?: number;
    /**
     * Id of an existing tunnel to take over, with its `tunnelSecret` (in its credentials.json). The secret stays as it is
     * at Cloudflare until this is left out again. One that was made in the dashboard is refused.
     */
    import?: string;
    /** Refuses to delete the tunnel, and with it the target of all records. @default false */
    protect?: boolean;
    /** Contents of CNAMEs that somebody else made and that may be taken over. @default none */
    adopt?: readonly string[];
    /** The hostname that the connectors answer themselves, in one of the zones. @default made from `name`: see config/health.ts */
    healthHostname?: string | undefined;
    /** Addresses of the cluster's DNS service, one of each family at most. @default ["10.43.0.10"], k3s's own */
    clusterDns?: readonly string[];
}

/** A Cloudflare tunnel, its connectors in the cluster and its DNS records, which come up again without any help. */
export class CloudflareTunnel extends pulumi.ComponentResource {
    readonly tunnelId: pulumi.Output<string>;
    /** The public hostnames, once their records are right. */
    readonly hostnames: pulumi.Output<string[]>;
    /** Answered with 204 by the connectors themselves: proves edge and tunnel without any service. */
    readonly healthUrl: pulumi.Output<string>;

    private readonly retire: (dependsOn: pulumi.Resource[]) => void;

    /** @throws pulumi.ResourceError for names that cannot work */
    constructor(name: string, args: CloudflareTunnelArgs, opts?: pulumi.ComponentResourceOptions) {
        // The component's own inputs are kept in the state too.
        const tunnelSecret = pulumi.secret(args.tunnelSecret);
        const dnsToken = pulumi.secret(args.dnsToken);
        const cloudflareToken = pulumi.secret(args.cloudflareToken);
        const inputs = { ...args, tunnelSecret, dnsToken, cloudflareToken };
        super("rekindle:index:CloudflareTunnel", name, inputs, opts);
        const { accountId, apiUrl } = args;
        const owner = ownerMark(pulumi.getProject(), pulumi.getStack(), args.name);
        const health = healthHostname(args, args.zones);
        const problem = tunnelProblem(owner, health, args.routes);
        if (problem !== undefined) {
            throw new pulumi.ResourceError(problem, this);
        }
        const routes = [...args.routes, { hostname: health, service: "http_status:204" }];
        const child = { parent: this };

        // By way of an input, so that the import comes after the look at it, and its error after that.
        const lookedAt =
            args.import === undefined
                ? args.name
                : refuseUntakeable(accountId, args.import, this).then(() => args.name);
        const tunnel = new cloudflare.ZeroTrustTunnelCloudflared(
            name,
            { accountId, name: lookedAt, configSrc: "local", tunnelSecret },
            {
                ...child,
                protect: args.protect,
                hooks: { onError: [explainTakenName(name, args.name)] },
                // Cloudflare never tells a secret, so that of an imported tunnel would look changed.
                ...(args.import === undefined
                    ? {}
                    : { import: `${accountId}/${args.import}`, ignoreChanges: ["tunnelSecret"] }),
            },
        );
        const id = args.import === undefined ? tunnel.id : livingId(tunnel);
        const target = pulumi.interpolate`${id}.cfargotunnel.com`;

        const hosts = wantedRecords(owner, routes, health, args);
        const calls = { apiUrl, dnsToken, cloudflareToken, accountId, tunnelId: tunnel.id, target };
        const cleanUps = cleanUpCommands(name, { ...calls, hosts }, child);
        const deployment = connectors(
            name,
            {
                routes: [...routes, ...otherHealth(health, args)],
                ...{ hosts, target, apiUrl, dnsToken, images: args.images },
                ...{ protocol: args.protocol, region: args.region, logLevel: args.logLevel },
                ...{ tolerations: args.tolerations, nodeSelector: args.nodeSelector },
                replicas: args.replicas ?? 2,
                clusterDns: args.clusterDns ?? [k3sDns],
                token: tunnelToken(accountId, tunnel.id, tunnelSecret),
            },
            // The pods must be gone before either is deleted; nothing that they pass on says so.
            { ...child, dependsOn: cleanUps },
        );
        // After the rollout no old pod can add a removed host again, and on destroy the records go first.
        const dns = recordsCommand(name, { ...calls, hosts }, { ...child, dependsOn: deployment });

        this.tunnelId = tunnel.id;
        this.hostnames = dns.id.apply(() => [
            ...new Set(args.routes.map(({ hostname }) => hostname)),
        ]);
        this.retire = (dependsOn) => {
            // Not below this component, whose end those wait for.
            retireCommand(name, { ...calls, hosts }, dns, { dependsOn });
        };
        this.healthUrl = dns.id.apply(() => `https://${health}/`);
        this.registerOutputs({
            tunnelId: this.tunnelId,
            hostnames: this.hostnames,
            healthUrl: this.healthUrl,
        });
    }

    /**
     * Deletes the record of a former health hostname, as the last step of all.
     * @param dependsOn what asks the health hostname, and asked the former one until now
     */
    retireFormerHealth(dependsOn: readonly pulumi.Resource[]): void {
        this.retire([...dependsOn]);
    }
}

/**
 * The rules of the health hostnames that this tunnel can have had in its zones: the one that every home had before, and that of its name.
 * They have no record by now, or one that goes as soon as the watchdog has moved: until then new connectors answer it as old ones do.
 */
function otherHealth(
    health: string,
    { name, routes, zones }: Pick<CloudflareTunnelArgs, "name" | "routes" | "zones">,
): Route[] {
    const taken = [health, ...routes.map(({ hostname }) => hostname)];
    // Another zone may have been the first one.
    return zones
        .flatMap((zone) => [healthHostname({ name }, [zone]), formerHealthHostname([zone])])
        .filter((hostname) => !taken.includes(hostname))
        .map((hostname) => ({ hostname, service: "http_status:204" }));
}

/** Cloudflare goes on answering for a tunnel that was deleted, so that importing one succeeds. */
function livingId(tunnel: cloudflare.ZeroTrustTunnelCloudflared): pulumi.Output<string> {
    return pulumi.all([tunnel.id, tunnel.deletedAt]).apply(([id, deletedAt]) => {
        if (deletedAt) {
            throw mistake(
                `Tunnel ${id} was deleted at ${deletedAt} and no connector can join it: \`pulumi state delete\` this resource, and leave tunnel.import out.`,
                tunnel,
            );
        }
        return id;
    });
}

/** A connector's credentials in one string, as cloudflared's `tunnel token` prints them; as secret as `secret`. */
function tunnelToken(
    accountId: string,
    tunnelId: pulumi.Input<string>,
    secret: pulumi.Input<string>,
): pulumi.Output<string> {
    const json = pulumi.jsonStringify({ a: accountId, t: tunnelId, s: secret });
    return json.apply((text) => Buffer.from(text).toString("base64"));
}
