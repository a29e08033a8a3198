import { timings, type Pace, type Timing } from "./alert-pace";
import type { Alert, Severity } from "./alert";

/** Where messages go: contact points by what they are for. Their names in Grafana are its provider's. */
export type Receiver = "loud" | "silent" | "heartbeat";

/** How messages of one severity are gathered and sent; durations in seconds. */
export interface Route {
    readonly severity: Severity;
    readonly receiver: Receiver;
    /** Alerts that agree in these labels share a message; Grafana wants both. */
    readonly groupBy: readonly ["grafana_folder", "alertname"];
    readonly groupWait: number;
    readonly groupInterval: number;
    readonly repeatInterval: number;
}

const receivers: Readonly<Record<Severity, Receiver>> = {
    critical: "loud",
    warning: "silent",
    heartbeat: "heartbeat",
};

export const severities: readonly Severity[] = ["critical", "warning", "heartbeat"];

/**
 * The route of each severity.
 * @param place how many others go before it when all begin at once. @default 0
 */
export function route(severity: Severity, pace: Pace, place = 0): Route {
    const timing: Timing = timings[pace];
    const heartbeat = severity === "heartbeat";
    return {
        severity,
        receiver: receivers[severity],
        groupBy: ["grafana_folder", "alertname"],
        groupWait: heartbeat ? 0 : timing.groupWait + place * timing.stagger,
        // A repetition is sent when a group interval ends after it is due: were both the same, every second one could be skipped.
        groupInterval: heartbeat ? 60 : timing.groupInterval,
        repeatInterval: timing.repeat[severity] - (heartbeat ? 10 : 0),
    };
}

/** As Grafana and Alertmanager write durations. */
export function seconds(count: number): string {
    return `${count}s`;
}

/** The whole tree in Alertmanager's own words: what has none of these severities is told aloud. */
export function routeTree(pace: Pace, names: Readonly<Record<Receiver, string>>) {
    const written = (severity: Severity) => {
        const { receiver, groupBy, groupWait, groupInterval, repeatInterval } = route(
            severity,
            pace,
        );
        return {
            receiver: names[receiver],
            group_by: [...groupBy],
            group_wait: seconds(groupWait),
            group_interval: seconds(groupInterval),
            repeat_interval: seconds(repeatInterval),
        };
    };
    return {
        ...written("critical"),
        routes: severities.map((severity) => ({
            ...written(severity),
            matchers: [`severity="${severity}"`],
        })),
    };
}

/** The place of each alert when all begin at once: what is critical goes first. */
export function places(alerts: readonly Alert[]): ReadonlyMap<string, number> {
    const rank = (alert: Alert) => severities.indexOf(alert.severity);
    const sorted = [...alerts].sort((a, b) => rank(a) - rank(b));
    return new Map(sorted.map(({ name }, index) => [name, index]));
}
