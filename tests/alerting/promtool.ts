import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { Alert } from "../../components/alert";
import { alerts } from "../../components/alerts";
import { prometheusRules } from "../../components/prometheus-rules";
import { prepareBase } from "../../lab/card";
import { prometheusTools, type PrometheusTools } from "../../lab/prometheus";
import { CommandError, run } from "../../lab/shell";
import { alertHome } from "../alert-home";
import type { Case, Series } from "./series";

export const runbooks = "https://runbooks.example";

export const list = alerts(alertHome);

/** Debian's own Prometheus and Alertmanager. */
export async function tools(): Promise<PrometheusTools> {
    return prometheusTools(await prepareBase(() => undefined));
}

/** An alert, and what it is tried with. */
export interface Tried {
    readonly alert: Alert;
    readonly tried: Case;
}

/**
 * Runs promtool's unit tests of many alerts, each in a file of its own, in as few processes as there are cores.
 * @returns for each what promtool says when they fail, or undefined
 */
export async function failures(
    promtool: string,
    all: readonly Tried[],
): Promise<(string | undefined)[]> {
    const folder = mkdtempSync(join(tmpdir(), "rekindle-rules-"));
    try {
        const files = all.map(({ alert, tried }, index) => {
            const rules = prometheusRules([alert], "home", runbooks);
            const tests = { ...ruleTests(alert.name, tried), rule_files: [`rules-${index}.json`] };
            writeFileSync(join(folder, `rules-${index}.json`), JSON.stringify(rules));
            writeFileSync(join(folder, `test-${index}.json`), JSON.stringify(tests));
            return join(folder, `test-${index}.json`);
        });
        const shares = Array.from({ length: processes }, (_, share) =>
            files.filter((_file, index) => index % processes === share),
        );
        const said = await Promise.all(
            shares.filter((share) => share.length > 0).map((share) => runTests(promtool, share)),
        );
        const byFile = new Map(said.flatMap((each) => [...each]));
        return files.map((file) => {
            const text = byFile.get(file);
            if (text === undefined) {
                throw new Error(`promtool did not try ${file}: ${[...byFile.values()].join("\n")}`);
            }
            return text === "SUCCESS" ? undefined : text;
        });
    } finally {
        rmSync(folder, { recursive: true });
    }
}

const processes = availableParallelism();

/** @returns what promtool says of each file: `SUCCESS`, or why not */
async function runTests(promtool: string, files: readonly string[]): Promise<Map<string, string>> {
    // Failures are on standard error, and belong to the file that was named last.
    const both = 'exec "$@" 2>&1';
    const output = await run("sh", ["-c", both, "sh", promtool, "test", "rules", ...files]).catch(
        (error: unknown) => {
            if (!(error instanceof CommandError)) {
                throw error;
            }
            return error.output;
        },
    );
    const parts = output.split(/^Unit Testing: +(.*)$/m);
    return new Map(
        parts.flatMap((file, at) => (at % 2 === 1 ? [[file, (parts[at + 1] ?? "").trim()]] : [])),
    );
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
