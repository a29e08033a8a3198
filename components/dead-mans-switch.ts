import * as cloudflare from "@pulumi/cloudflare";
import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface DeadMansSwitchArgs {
    /** Cloudflare account id. */
    accountId: string;
    /** Name of the Worker: lower-case letters, digits and dashes, at most 63. Another name is another Worker. */
    scriptName: string;
    /** The account's subdomain of workers.dev, as the dashboard shows it under Workers. */
    workersSubdomain: string;
    /** What the tunnel answers by itself, `https://…/`. */
    healthUrl: pulumi.Input<string>;
    /** Proves to the Worker that a heartbeat is ours. */
    heartbeatSecret: pulumi.Input<string>;
    /** The bot's token. */
    telegramToken: pulumi.Input<string>;
    /** The chat that is told. */
    chatId: string;
    /** The topic in it. @default none */
    threadId?: number;
    /** Where the runbooks are, without a slash at the end. */
    runbooks: string;
}

/**
 * Something outside the house that notices when it falls silent: a Cloudflare Worker that waits for alerting's heartbeat, asks
 * the tunnel's health hostname, and tells Telegram itself. It fits into Workers' free plan.
 */
export class DeadMansSwitch extends pulumi.ComponentResource {
    /** Where alerting sends its heartbeats, with the secret as a bearer token. */
    readonly heartbeatUrl: pulumi.Output<string>;

    /** @throws pulumi.ResourceError for a name that no Worker can have */
    constructor(name: string, args: DeadMansSwitchArgs, opts?: pulumi.ComponentResourceOptions) {
        const heartbeatSecret = pulumi.secret(args.heartbeatSecret);
        const telegramToken = pulumi.secret(args.telegramToken);
        const inputs = { ...args, heartbeatSecret, telegramToken };
        super("rekindle:index:DeadMansSwitch", name, inputs, opts);
        const { accountId, scriptName } = args;
        if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(scriptName)) {
            throw new pulumi.ResourceError(
                `No Worker can be named "${scriptName}": Cloudflare takes lower-case letters, digits and dashes, 63 at most. Give the stack such a name.`,
                this,
            );
        }
        const child = { parent: this };

        const store = new cloudflare.WorkersKvNamespace(
            name,
            { accountId, title: scriptName },
            child,
        );
        const script = new cloudflare.WorkersScript(
            name,
            {
                accountId,
                scriptName,
                mainModule: "watchdog.mjs",
                content: watchdogScript(),
                compatibilityDate: "2026-01-01",
                // By name: Cloudflare lists them so.
                bindings: [
                    { name: "BOT_TOKEN", type: "secret_text", text: telegramToken },
                    { name: "CHAT_ID", type: "plain_text", text: args.chatId },
                    { name: "HEALTH_URL", type: "plain_text", text: args.healthUrl },
                    { name: "HEARTBEAT_SECRET", type: "secret_text", text: heartbeatSecret },
                    { name: "RUNBOOKS", type: "plain_text", text: args.runbooks },
                    { name: "STATE", type: "kv_namespace", namespaceId: store.id },
                    { name: "THREAD_ID", type: "plain_text", text: threadText(args.threadId) },
                ],
            },
            child,
        );
        new cloudflare.WorkersCronTrigger(
            name,
            { accountId, scriptName: script.scriptName, schedules: [{ cron: "*/3 * * * *" }] },
            child,
        );
        const address = new cloudflare.WorkersScriptSubdomain(
            name,
            { accountId, scriptName: script.scriptName, enabled: true, previewsEnabled: false },
            child,
        );

        this.heartbeatUrl = pulumi.interpolate`https://${address.scriptName}.${args.workersSubdomain}.workers.dev/heartbeat`;
        this.registerOutputs({ heartbeatUrl: this.heartbeatUrl });
    }
}

/** Returns the Worker as it is sent to Cloudflare, joined from its two files; its secrets come as bindings. */
export function watchdogScript(): string {
    const read = (name: string) => readFileSync(join(__dirname, "scripts", name), "utf8");
    const look = read("watchdog-look.mjs").replaceAll(/^export /gm, "");
    return `${look}\n${read("watchdog.mjs").replace(/^import .*\n/m, "")}`;
}

function threadText(threadId: number | undefined): string {
    return threadId === undefined ? "" : String(threadId);
}
