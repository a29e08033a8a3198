import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as grafana from "@pulumiverse/grafana";
import { createHash } from "node:crypto";
import type { Alert } from "./alert";
import type { Pace } from "./alert-pace";
import { alertProblems } from "./alert-problems";
import { receivers } from "./alert-receivers";
import { ruleGroups, type RuleGroupSpec } from "./grafana-rules";
import { telegramTemplate } from "./telegram-message";

export interface TelegramAlertingArgs {
    /** Everything that is worth a message. */
    alerts: readonly Alert[];
    /** How long alerts wait before they speak. @default "home" */
    pace?: Pace;
    /** Where the runbooks are, without a slash at the end: messages link to `BASE/NAME`. */
    runbooks: string;
    /** Grafana's address as this computer reaches it, without a slash at the end; never through the tunnel. */
    url: string;
    /** USER:PASSWORD of an administrator, or the token of a service account with that role. */
    grafanaAuth: pulumi.Input<string>;
    /** Uid of the Prometheus data source in Grafana. */
    datasourceUid: string;
    /** The bot's token. */
    telegramToken: pulumi.Input<string>;
    /** The chat: a number, negative for a group; or @name of a channel. */
    chatId: string;
    /** The topic in it. @default none */
    threadId?: number;
    /** Where the always-firing alert goes. @default nowhere, and there is no such alert */
    heartbeat?: { readonly url: pulumi.Input<string>; readonly secret: pulumi.Input<string> };
    /**
     * Replaces Grafana's whole notification policy tree by one for these alerts, so that every other alert in this Grafana goes
     * to the chat too; on destroy the tree goes back to Grafana's default, which tells nobody. @default false: the tree is not touched
     */
    ownsPolicies?: boolean;
}

/** Alerts in Grafana that reach a Telegram chat, beside whatever else this Grafana does. */
export class TelegramAlerting extends pulumi.ComponentResource {
    /** @throws pulumi.ResourceError that lists what Grafana would refuse */
    constructor(name: string, args: TelegramAlertingArgs, opts?: pulumi.ComponentResourceOptions) {
        const token = pulumi.secret(args.telegramToken);
        const auth = pulumi.secret(args.grafanaAuth);
        const heartbeat = args.heartbeat && {
            url: args.heartbeat.url,
            secret: pulumi.secret(args.heartbeat.secret),
        };
        super(
            "rekindle:index:TelegramAlerting",
            name,
            // The list shows as the rules that are made from it.
            { ...args, alerts: undefined, telegramToken: token, grafanaAuth: auth, heartbeat },
            opts,
        );
        const { pace = "home", datasourceUid, chatId, threadId } = args;
        const alerts = args.alerts.filter(
            ({ severity }) => severity !== "heartbeat" || heartbeat !== undefined,
        );
        const problems = alertProblems(alerts, args.runbooks);
        if (problems.length > 0) {
            throw new pulumi.ResourceError(problems.join("\n"), this);
        }
        const child = { parent: this };

        const ready = new local.Command(
            `${name}-ready`,
            {
                create: "node components/scripts/grafana-ready.mjs",
                stdin: pulumi.jsonStringify({
                    ...{ url: args.url, auth, datasourceUid },
                    // Runs again whenever something else here changes, a secret too, and only then.
                    alerts: digest(args),
                    sentWith: pulumi.jsonStringify({ token, heartbeat }).apply(sha256),
                }),
                addPreviousOutputInEnv: false,
            },
            child,
        );
        const inGrafana = { ...child, dependsOn: ready };
        const folder = new grafana.oss.Folder(
            name,
            { title: "Rekindle", uid: "rekindle" },
            inGrafana,
        );
        const template = new grafana.alerting.MessageTemplate(
            name,
            { template: telegramTemplate },
            inGrafana,
        );
        const contactPoints = receivers(
            name,
            { ...{ token, chatId, threadId, heartbeat, pace }, ownsPolicies: args.ownsPolicies },
            { ...child, dependsOn: template },
        );
        const groups = ruleGroups(alerts, {
            ...{ pace, datasourceUid, runbooks: args.runbooks },
            contactPoints,
        });
        for (const group of groups) {
            const { name: title, ...rest } = group;
            new grafana.alerting.RuleGroup(
                `${name}-${title}`,
                { name: title, folderUid: folder.uid, ...rest },
                inGrafana,
            );
        }
        this.registerOutputs({});
    }
}

/** Of all that is no secret and known before anything exists. */
function digest(args: TelegramAlertingArgs): string {
    const { alerts, pace, runbooks, chatId, threadId, ownsPolicies } = args;
    const groups: RuleGroupSpec[] = ruleGroups(alerts, {
        ...{ pace: pace ?? "home", runbooks, datasourceUid: args.datasourceUid },
        contactPoints: { loud: "", silent: "", heartbeat: "" },
    });
    const all = { groups, telegramTemplate, chatId, threadId, ownsPolicies };
    return sha256(JSON.stringify(all));
}

function sha256(text: string): string {
    return createHash("sha256").update(text).digest("hex");
}

/** How Grafana is called: patient while it starts, and not with a login that it refuses. */
export function grafanaProvider(url: string, auth: pulumi.Input<string>): grafana.ProviderArgs {
    return {
        ...{ url, auth, retries: 10, retryWait: 6 },
        // The default has 401 in it, and four wrong logins for each call may lock the account.
        retryStatusCodes: ["429", "5xx", "412"],
    };
}
