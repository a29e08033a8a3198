import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumiverse/grafana";
import type { Alert, Comparison, Severity } from "./alert";
import { paced, timings, type Pace } from "./alert-pace";
import { places, route, seconds, type Receiver } from "./alert-routes";

type Rule = types.input.alerting.RuleGroupRule;

export interface GrafanaRulesOptions {
    readonly pace: Pace;
    /** Uid of the Prometheus data source in Grafana. */
    readonly datasourceUid: string;
    /** Where the runbooks are: the address of `NAME` is `BASE/NAME`. No slash at its end. */
    readonly runbooks: string;
    /** Names of the contact points: each rule has its own, so that an existing policy tree stays as it is. */
    readonly contactPoints: Readonly<Record<Receiver, pulumi.Input<string>>>;
}

export interface RuleGroupSpec {
    readonly name: string;
    readonly intervalSeconds: number;
    readonly rules: Rule[];
}

/** Grafana's name for each comparison. What `any` leaves is 1 for each series. */
export const evaluators: Readonly<Record<Comparison, string>> = {
    "<": "lt",
    ">": "gt",
    "==": "eq",
    any: "gt",
};

/** The rule groups, in the list's order: in Grafana's API the order of rules is a part of them. */
export function ruleGroups(
    alerts: readonly Alert[],
    options: GrafanaRulesOptions,
): RuleGroupSpec[] {
    const list = paced(alerts, options.pace);
    const order = places(list);
    const intervalSeconds = timings[options.pace].evaluate;
    return [...new Set(list.map(({ group }) => group))].map((name) => ({
        name,
        intervalSeconds,
        rules: list
            .filter(({ group }) => group === name)
            .map((alert) => grafanaRule(alert, order.get(alert.name) ?? 0, options)),
    }));
}

function grafanaRule(alert: Alert, place: number, options: GrafanaRulesOptions): Rule {
    const { name, severity, execError = "KeepLast", missingEvals } = alert;
    return {
        uid: ruleUid(name),
        name,
        datas: [query(alert, options.datasourceUid), threshold(alert)],
        condition: "C",
        for: seconds(alert.for),
        ...(severity === "critical"
            ? { keepFiringFor: seconds(timings[options.pace].keepFiring) }
            : {}),
        ...(missingEvals === undefined ? {} : { missingSeriesEvalsToResolve: missingEvals }),
        noDataState: alert.noData,
        execErrState: execError,
        labels: { severity },
        annotations: {
            summary: filled(
                alert.summary,
                (label) => `$labels.${label}`,
                `printf "%.${alert.digits ?? 1}f" $values.A.Value`,
            ),
            runbook_url: `${options.runbooks}/${name}`,
        },
        notificationSettings: notificationSettings(alert.severity, options, place),
    };
}

/**
 * How messages of a severity are gathered and sent, as Grafana's resources want it.
 * @param place how many others go before it when all begin at once. @default 0
 */
export function notificationSettings(
    severity: Severity,
    { pace, contactPoints }: Pick<GrafanaRulesOptions, "pace" | "contactPoints">,
    place = 0,
) {
    const { receiver, groupBy, groupWait, groupInterval, repeatInterval } = route(
        severity,
        pace,
        place,
    );
    return {
        contactPoint: contactPoints[receiver],
        groupBies: [...groupBy],
        groupWait: seconds(groupWait),
        groupInterval: seconds(groupInterval),
        repeatInterval: seconds(repeatInterval),
    };
}

/** The query A. Of a filter each series that is left becomes 1, whatever its value: a threshold could not tell 0 from nothing. */
function query({ expr, comparison }: Alert, datasourceUid: string) {
    return {
        refId: "A",
        datasourceUid,
        relativeTimeRange: { from: 600, to: 0 },
        model: JSON.stringify({
            refId: "A",
            expr: comparison === "any" ? `group without () (${expr})` : expr,
            instant: true,
            range: false,
        }),
    };
}

function threshold({ comparison, threshold = 0 }: Alert) {
    return {
        refId: "C",
        datasourceUid: "__expr__",
        relativeTimeRange: { from: 0, to: 0 },
        model: JSON.stringify({
            refId: "C",
            type: "threshold",
            expression: "A",
            conditions: [{ evaluator: { type: evaluators[comparison], params: [threshold] } }],
        }),
    };
}

/** `K3sDataLow` → `rekindle-k3s-data-low`: fixed, so that a rule keeps its history. */
export function ruleUid(name: string): string {
    return `rekindle${name.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
}

/** A summary as a Go template: `{label}` and `{value}` become what `label` and `value` say. */
export function filled(summary: string, label: (name: string) => string, value: string): string {
    return summary.replaceAll(
        /\{(\w+)\}/g,
        (_, name: string) => `{{ ${name === "value" ? value : label(name)} }}`,
    );
}
