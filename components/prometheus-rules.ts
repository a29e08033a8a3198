import type { Alert } from "./alert";
import { paced, type Pace } from "./alert-pace";
import { seconds } from "./alert-routes";
import { filled } from "./grafana-rules";

/** A Prometheus rule file, as it is written in YAML or JSON. */
export interface PrometheusRules {
    readonly groups: readonly {
        readonly name: string;
        readonly rules: readonly {
            readonly alert: string;
            readonly expr: string;
            readonly for: string;
            readonly labels: Readonly<Record<string, string>>;
            readonly annotations: Readonly<Record<string, string>>;
        }[];
    }[];
}

/** The same alerts for Prometheus itself. What Grafana makes of missing data has no counterpart there. */
export function prometheusRules(
    alerts: readonly Alert[],
    pace: Pace,
    runbooks: string,
): PrometheusRules {
    const list = paced(alerts, pace);
    return {
        groups: [...new Set(list.map(({ group }) => group))].map((name) => ({
            name,
            rules: list
                .filter(({ group }) => group === name)
                .map((alert) => ({
                    alert: alert.name,
                    expr: condition(alert),
                    for: seconds(alert.for),
                    labels: { severity: alert.severity },
                    annotations: {
                        summary: filled(
                            alert.summary,
                            (label) => `$labels.${label}`,
                            `printf "%.${alert.digits ?? 1}f" $value`,
                        ),
                        runbook_url: `${runbooks}/${alert.name}`,
                    },
                })),
        })),
    };
}

/** In brackets: `or` binds weaker than a comparison. */
function condition({ expr, comparison, threshold = 0 }: Alert): string {
    return comparison === "any" ? expr : `(${expr}) ${comparison} ${threshold}`;
}
