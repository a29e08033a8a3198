import * as cloudflare from "@pulumi/cloudflare";
import * as pulumi from "@pulumi/pulumi";
import { mistake } from "./mistake";

/** What Cloudflare says of a tunnel that shall be taken over. */
export interface FoundTunnel {
    readonly name: string;
    /** "cloudflare" for one that was made in the dashboard, which keeps its routes there. */
    readonly configSrc: string;
}

/**
 * Looks at a tunnel that shall be taken over, also in a preview: of one from the dashboard Pulumi only warns there, and the import fails
 * when other things have changed. What cannot be looked at is left to the import, whose error says why.
 * @throws pulumi.RunError for a tunnel from the dashboard; it ends the preview, and with it `pulumi up`, before anything is done
 */
export async function refuseUntakeable(
    accountId: string,
    tunnelId: string,
    resource: pulumi.Resource,
): Promise<void> {
    const found = await cloudflare
        .getZeroTrustTunnelCloudflared({ accountId, tunnelId }, { parent: resource })
        .catch(() => undefined);
    const problem = found && importProblem(tunnelId, found);
    if (problem !== undefined) {
        throw mistake(problem);
    }
}

/**
 * Says why a tunnel cannot be taken over, and what to do instead. Cloudflare sends a dashboard tunnel's routes to each connector that
 * joins it, and these win over config.yaml; its API changes a tunnel's name and secret only (PATCH …/cfd_tunnel/ID).
 */
export function importProblem(id: string, { name, configSrc }: FoundTunnel): string | undefined {
    if (configSrc !== "cloudflare") {
        return undefined;
    }
    return [
        `The tunnel ${id} ("${name}") was made in Cloudflare's dashboard and cannot be taken over: its routes are kept there, its connectors follow those and not rekindle:routes, and Cloudflare has no way to change that.`,
        "Make a new tunnel beside it, which takes over its DNS records:",
        `  1. Write its routes into rekindle:routes, and choose a rekindle:tunnel.name other than "${name}".`,
        "  2. pulumi config rm --path rekindle:tunnel.import",
        `     pulumi config set --path 'rekindle:tunnel.adopt[0]' ${id}.cfargotunnel.com`,
        "     openssl rand -base64 32 | pulumi config set --secret tunnelSecret",
        "  3. pulumi up",
        "  4. Delete the old tunnel in the dashboard, and take tunnel.adopt out again.",
    ].join("\n");
}
