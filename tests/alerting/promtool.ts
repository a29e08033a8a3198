import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Alert } from "../../components/alert";
import { alerts } from "../../components/alerts";
import { prometheusRules } from "../../components/prometheus-rules";
import { prepareBase } from "../../lab/card";
import { prometheusTools, type PrometheusTools } from "../../lab/prometheus";
import { CommandError, run } from "../../lab/shell";
import type { Case, Series } from "./series";

export const runbooks = "https://runbooks.example";

/** The list as a home with one kind of drive and two connectors has it. */
export const list = alerts({ drives: ["/mnt/external"], replicas: 2, thresholds: {} });

/** Debian's own Prometheus and Alertmanager. */
export async function tools(): Promise<PrometheusTools> {
    return prometheusTools(await prepareBase(() => undefined));
}

/** Runs promtool's unit tests of one alert. @returns what it says when they fail, or undefined */
export async function failure(
    promtool: string,
    alert: Alert,
    tried: Case,
): Promise<string | undefined> {
    const folder = mkdtempSync(join(tmpdir(), "rekindle-rules-"));
    try {
        const rules = prometheusRules([alert], "home", runbooks);
        writeFileSync(join(folder, "rules.json"), JSON.stringify(rules));
        writeFileSync(join(folder, "test.json"), JSON.stringify(ruleTests(alert.name, tried)));
        await run(promtool, ["test", "rules", join(folder, "test.json")]);
        return undefined;
    } catch (error) {
        if (!(error instanceof CommandError)) {
            throw error;
        }
        return error.message;
    } finally {
        rmSync(folder, { recursive: true });
    }
}

/** The alert fires from the first evaluation at which its time is over, not a minute before, and never with what is quiet. */
function ruleTests(name: string, tried: Case) {
    const { firing, alsoFiring = [], quiet, labels, summary, after = 0 } = tried;
    const listed = list.find((alert) => alert.name === name);
    const begin = (listed?.for ?? 0) / 60 + after;
    const alert = {
        exp_labels: { ...labels, severity: listed?.severity },
        exp_annotations: { summary, runbook_url: `${runbooks}/${name}` },
    };
    const at = (minutes: number, expected: readonly unknown[]) => ({
        eval_time: `${minutes}m`,
        alertname: name,
        exp_alerts: expected,
    });
    const before = begin > 0 ? [at(begin - 1, [])] : [];
    return {
        rule_files: ["rules.json"],
        evaluation_interval: "1m",
        tests: [
            {
                interval: "1m",
                input_series: inputSeries(firing),
                alert_rule_test: [...before, at(begin, [alert]), at(begin + 60, [alert])],
            },
            ...alsoFiring.map((series) => ({
                interval: "1m",
                input_series: inputSeries(series),
                alert_rule_test: [at(begin + 60, [alert])],
            })),
            ...quiet.map((series) => ({
                interval: "1m",
                input_series: inputSeries(series),
                alert_rule_test: [at(0, []), at(begin, []), at(begin + 60, [])],
            })),
        ],
    };
}

function inputSeries(series: Series) {
    return Object.entries(series).map(([name, values]) => ({ series: name, values }));
}
