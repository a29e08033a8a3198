import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { dnsScripts, type WantedRecords } from "./tunnel-records";

export interface TunnelCommandArgs {
    /** The input of dns.mjs. */
    readonly hosts: WantedRecords;
    readonly apiUrl: string;
    readonly dnsToken: pulumi.Input<string>;
    readonly cloudflareToken: pulumi.Input<string>;
    readonly accountId: string;
    readonly tunnelId: pulumi.Input<string>;
    /** Content of the CNAMEs. */
    readonly target: pulumi.Input<string>;
}

/** Relative: the commands are kept in the state, which another machine may use. Pulumi runs in the project's folder. */
const scripts = "components/scripts";

/** Commands that change something only when they are deleted: after the pods, and before the tunnel. */
export function cleanUpCommands(
    name: string,
    args: TunnelCommandArgs,
    options: pulumi.ResourceOptions,
): local.Command[] {
    const connections = new local.Command(
        `${name}-connections`,
        {
            create: "true",
            delete: `node ${scripts}/disconnect.mjs`,
            environment: {
                CLOUDFLARE_BASE_URL: args.apiUrl,
                CLOUDFLARE_API_TOKEN: args.cloudflareToken,
                CLOUDFLARE_ACCOUNT_ID: args.accountId,
                CLOUDFLARE_TUNNEL_ID: args.tunnelId,
            },
            addPreviousOutputInEnv: false,
        },
        options,
    );
    // Pods make records before the rollout, and with it `recordsCommand`, has succeeded. Of a zone that was taken out in
    // between only this one knows, from its own output before.
    const zones = args.hosts.zones.map((zone) => ({ ...zone, hostnames: [] }));
    const leftovers = new local.Command(
        `${name}-leftovers`,
        {
            create: `node ${scripts}/dns.mjs remember`,
            delete: `node ${scripts}/dns.mjs destroy`,
            stdin: JSON.stringify({ ...args.hosts, adopt: [], zones }),
            environment: dnsEnvironment(args),
        },
        options,
    );
    return [connections, leftovers];
}

/** Keeps the records as `hosts` says: adds, repairs and prunes at each change, and deletes all with the tunnel. */
export function recordsCommand(
    name: string,
    args: TunnelCommandArgs,
    options: pulumi.ResourceOptions,
): local.Command {
    return new local.Command(
        `${name}-dns`,
        {
            create: `node ${scripts}/dns.mjs prune`,
            delete: `node ${scripts}/dns.mjs destroy`,
            stdin: JSON.stringify(args.hosts, null, 4),
            // A script that changed runs again. Never by `triggers`: they replace, which deletes every record.
            // Its output before, which Pulumi adds, names the zones to clean that are not in `hosts` any more.
            environment: { ...dnsEnvironment(args), SCRIPT_SHA256: dnsScripts().sha256 },
        },
        { ...options, deleteBeforeReplace: true },
    );
}

/**
 * Deletes the record of a former health hostname, which the one before kept: the watchdog asks it until it has moved.
 * @param records the command that keeps the records; its output names what it kept, so that mostly there is nothing to do
 * @param options `dependsOn` what asks the health hostname
 */
export function retireCommand(
    name: string,
    args: TunnelCommandArgs,
    records: local.Command,
    options: pulumi.ResourceOptions,
): local.Command {
    const { owner } = args.hosts;
    return new local.Command(
        `${name}-former-health`,
        {
            create: `node ${scripts}/dns.mjs retire`,
            stdin: records.stdout.apply((output) => formerHealthOf(owner, output)),
            environment: dnsEnvironment(args),
            addPreviousOutputInEnv: false,
        },
        {
            ...options,
            // What a preview cannot know yet is nearly always nothing.
            ...(pulumi.runtime.isDryRun() ? { ignoreChanges: ["stdin"] } : {}),
        },
    );
}

/** The input of `dns.mjs retire`: what `dns.mjs prune` kept, as the last line of its output says. */
export function formerHealthOf(owner: string, output: string): string {
    const line = output.trim().split("\n").at(-1) ?? "";
    return JSON.stringify({ owner, adopt: [], zones: keptIn(line) });
}

function keptIn(line: string): unknown {
    try {
        return (JSON.parse(line) as { kept?: unknown }).kept ?? [];
    } catch {
        return [];
    }
}

function dnsEnvironment(args: TunnelCommandArgs) {
    return {
        CLOUDFLARE_BASE_URL: args.apiUrl,
        CLOUDFLARE_API_TOKEN: args.dnsToken,
        // To say whether somebody else's tunnel is in use. The pods do not have it.
        CLOUDFLARE_ACCOUNT_ID: args.accountId,
        CLOUDFLARE_ACCOUNT_TOKEN: args.cloudflareToken,
        DNS_TARGET: args.target,
    };
}
