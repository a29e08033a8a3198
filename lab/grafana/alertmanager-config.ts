import { createHash } from "node:crypto";
import type { ContactPoint, GrafanaStore, Grouping, NotificationSettings, Route } from "./store";

/** The label by which an alert finds the route that its rule made. */
export const routeLabel = "__grafana_route__";

/** The name of the route that a rule's own settings make: one for all rules that agree in them. */
export function routeName(settings: NotificationSettings): string {
    return createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 16);
}

/**
 * The configuration of a real Alertmanager that does what this Grafana would: rules with settings of their own go by those, all others
 * through the policy tree.
 * @param templates where the template files are
 * @param relay takes what Grafana's own notifier would send to Telegram
 */
export function alertmanagerConfig(store: GrafanaStore, templates: string, relay: string) {
    const { contactPoints, policy, rules } = store.all;
    const own = new Map<string, NotificationSettings>();
    for (const { notification_settings: settings } of rules) {
        if (settings !== undefined) {
            own.set(routeName(settings), settings);
        }
    }
    const tree = routeOf(policy);
    const names = [...new Set(contactPoints.map(({ name }) => name))];
    return {
        route: {
            ...tree,
            routes: [
                ...[...own].map(([name, settings]) => ({
                    ...routeOf(settings),
                    matchers: [`${routeLabel}="${name}"`],
                })),
                ...(tree.routes ?? []),
            ],
        },
        receivers: names.map((name) => ({
            name,
            ...receiver(
                contactPoints.filter((point) => point.name === name),
                relay,
            ),
        })),
        // A pattern that finds nothing is refused.
        templates: store.all.templates.length === 0 ? [] : [templates],
    };
}

interface AlertmanagerRoute extends Grouping {
    readonly receiver?: string;
    readonly matchers?: readonly string[];
    readonly routes?: readonly AlertmanagerRoute[];
}

function routeOf({
    object_matchers: matchers = [],
    routes = [],
    ...route
}: Route): AlertmanagerRoute {
    const { receiver, group_by, group_wait, group_interval, repeat_interval } = route;
    const written = { receiver, group_by, group_wait, group_interval, repeat_interval };
    return {
        // Grafana leaves what is not set to the route above.
        ...Object.fromEntries(
            Object.entries(written).filter(([, value]) => value !== undefined && value.length > 0),
        ),
        ...(matchers.length === 0
            ? {}
            : {
                  matchers: matchers.map(
                      ([label, op, value]) => `${label}${op}${JSON.stringify(value)}`,
                  ),
              }),
        ...(routes.length === 0 ? {} : { routes: routes.map(routeOf) }),
    };
}

function receiver(points: readonly ContactPoint[], relay: string) {
    const of = (type: string) => points.filter((point) => point.type === type);
    return {
        telegram_configs: of("telegram").map(({ uid, settings, disableResolveMessage }) => ({
            send_resolved: !disableResolveMessage,
            api_url: `${relay}/${uid}`,
            bot_token: settings["bottoken"],
            chat_id: Number(settings["chatid"]),
            message: settings["message"],
            parse_mode: settings["parse_mode"] ?? "HTML",
            disable_notifications: settings["disable_notifications"] ?? false,
        })),
        webhook_configs: of("webhook").map(({ settings, disableResolveMessage }) => ({
            send_resolved: !disableResolveMessage,
            url: settings["url"],
            http_config: {
                authorization: {
                    type: settings["authorization_scheme"] ?? "Bearer",
                    credentials: settings["authorization_credentials"] ?? "",
                },
            },
        })),
    };
}
