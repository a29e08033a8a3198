import type { Scheduler } from "./scheduler";

/** The two counters of Grafana's own metrics that the alerts ask for; notifications are counted by the real Alertmanager. */
export async function grafanaMetrics(scheduler: Scheduler, alertmanager: string): Promise<string> {
    const answer = await fetch(`${alertmanager}/metrics`);
    const failed = (await answer.text())
        .split("\n")
        .filter((line) => /^alertmanager_notifications_failed_total\{/.test(line))
        // Grafana has a counter only once something failed.
        .filter((line) => !line.endsWith(" 0"))
        .map((line) => line.replace("alertmanager_", "grafana_alerting_"));
    return [
        "# TYPE grafana_alerting_notifications_failed_total counter",
        ...failed,
        "# TYPE grafana_alerting_rule_evaluation_failures_total counter",
        `grafana_alerting_rule_evaluation_failures_total ${scheduler.failures}`,
        "",
    ].join("\n");
}
