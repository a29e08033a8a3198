import type * as pulumi from "@pulumi/pulumi";
import * as grafana from "@pulumiverse/grafana";
import type { Severity } from "./alert";
import type { Pace } from "./alert-pace";
import { severities, type Receiver } from "./alert-routes";
import { notificationSettings } from "./grafana-rules";
import { telegramMessage } from "./telegram-message";

export interface ReceiversArgs {
    /** The bot's token. */
    readonly token: pulumi.Output<string>;
    readonly chatId: string;
    readonly threadId: number | undefined;
    readonly heartbeat:
        { readonly url: pulumi.Input<string>; readonly secret: pulumi.Output<string> } | undefined;
    readonly pace: Pace;
    /** Whether Grafana's policy tree becomes ours. @default false */
    readonly ownsPolicies: boolean | undefined;
}

type ContactPoints = Readonly<Record<Receiver, pulumi.Input<string>>>;

/** Where alerts go in Grafana: its contact points, and on request its policy tree. */
export function receivers(
    name: string,
    args: ReceiversArgs,
    options: pulumi.ResourceOptions,
): ContactPoints {
    const contactPoints = {
        loud: telegramPoint(`${name}-loud`, args, false, options),
        // Warnings arrive without a sound, by day as by night: nothing is lost to quiet hours.
        silent: telegramPoint(`${name}-silent`, args, true, options),
        heartbeat: args.heartbeat ? heartbeatPoint(name, args.heartbeat, options) : "",
    };
    if (args.ownsPolicies === true) {
        policyTree(name, contactPoints, args, options);
    }
    return contactPoints;
}

/** Without a name of its own: Pulumi then makes a changed one before the old one goes, and Grafana deletes none that a rule uses. */
function telegramPoint(
    name: string,
    { token, chatId, threadId }: ReceiversArgs,
    disableNotifications: boolean,
    options: pulumi.ResourceOptions,
): pulumi.Output<string> {
    return new grafana.alerting.ContactPoint(
        name,
        {
            telegrams: [
                {
                    token,
                    chatId,
                    ...(threadId === undefined ? {} : { messageThreadId: String(threadId) }),
                    parseMode: "HTML",
                    message: telegramMessage,
                    disableNotifications,
                    disableWebPagePreview: true,
                },
            ],
        },
        options,
    ).name;
}

/** Sends the heartbeats to the dead man's switch, which notices by itself when they end. */
function heartbeatPoint(
    name: string,
    { url, secret }: NonNullable<ReceiversArgs["heartbeat"]>,
    options: pulumi.ResourceOptions,
): pulumi.Output<string> {
    return new grafana.alerting.ContactPoint(
        `${name}-heartbeat`,
        {
            webhooks: [
                {
                    url,
                    authorizationScheme: "Bearer",
                    authorizationCredentials: secret,
                    disableResolveMessage: true,
                },
            ],
        },
        options,
    ).name;
}

/** The organisation's whole tree; what has no severity of ours goes where critical alerts go. */
function policyTree(
    name: string,
    contactPoints: ContactPoints,
    { heartbeat, pace }: ReceiversArgs,
    options: pulumi.ResourceOptions,
): void {
    const settings = (severity: Severity) =>
        notificationSettings(severity, { pace, contactPoints });
    new grafana.alerting.NotificationPolicy(
        name,
        {
            ...settings("critical"),
            policies: severities
                .filter((severity) => severity !== "heartbeat" || heartbeat !== undefined)
                .map((severity) => ({
                    ...settings(severity),
                    matchers: [{ label: "severity", match: "=", value: severity }],
                })),
        },
        options,
    );
}
