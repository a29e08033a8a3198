import type { Alert } from "./alert";
import { severities } from "./alert-routes";
import { evaluators, ruleUid } from "./grafana-rules";
import { longestRunbook, longestSummary } from "./telegram-message";

/** Grafana's limit for a rule's uid, which ours are made of its name. */
const longestUid = 40;
const noDataStates = ["OK", "NoData", "KeepLast"];
const execErrorStates = ["Alerting", "OK"];

/**
 * What Grafana, Prometheus or Telegram would refuse or cut, one sentence each. Grafana's provider tries a rule group that was refused
 * again for two minutes, whatever the reason.
 */
export function alertProblems(alerts: readonly Alert[], runbooks: string): string[] {
    const names = alerts.map(({ name }) => name);
    const doubles = names.filter((name, index) => names.indexOf(name) !== index);
    return [
        ...doubles.map((name) => `There are two alerts named ${name}: give one another name.`),
        ...alerts.flatMap((alert) =>
            problemsOf(alert, runbooks).map((problem) => `Alert ${alert.name}: ${problem}`),
        ),
    ];
}

function problemsOf(alert: Alert, runbooks: string): string[] {
    const { name, expr, comparison, threshold, summary, digits = 1, missingEvals = 1 } = alert;
    const { noData, execError = "OK" } = alert;
    const address = `${runbooks}/${name}`;
    const checks: [boolean, string][] = [
        [
            /^[A-Z][A-Za-z0-9]*$/.test(name),
            "its name must be letters and digits with a capital first, such as NodeNotReady.",
        ],
        [
            ruleUid(name).length <= longestUid,
            `its uid in Grafana would be ${ruleUid(name)}, longer than ${longestUid}: shorten the name.`,
        ],
        // Pulumi runs the program without its types being checked.
        ...oneOf("comparison", comparison, Object.keys(evaluators)),
        ...oneOf("severity", alert.severity, severities),
        ...oneOf("noData", noData, noDataStates),
        ...oneOf("execError", execError, execErrorStates),
        [expr.trim() !== "", "its expression is empty."],
        [
            balanced(expr),
            "a bracket or quote of its expression is not closed, or closed too often.",
        ],
        [
            (comparison === "any") === (threshold === undefined),
            comparison === "any"
                ? "it takes each series as it is, so it has no threshold."
                : "it compares, so it needs a threshold.",
        ],
        [
            threshold === undefined || Number.isFinite(threshold),
            `its threshold ${threshold} is no number.`,
        ],
        [
            !expr.startsWith("100 * ") || !((threshold ?? 0) < 0 || (threshold ?? 0) >= 100),
            `its threshold ${threshold} is a percentage, from 0 (it never fires) to less than 100.`,
        ],
        [
            Number.isInteger(digits) && digits >= 0 && digits <= 9,
            `it shows ${digits} decimals, and 0 to 9 are possible.`,
        ],
        [
            Number.isInteger(missingEvals) && missingEvals >= 1,
            `it waits for ${missingEvals} evaluations without a series, and whole ones from 1 are possible.`,
        ],
        [
            Number.isInteger(alert.for) && alert.for >= 0,
            `it waits for ${alert.for} s, and whole seconds from 0 are possible.`,
        ],
        [summary.trim() !== "", "its summary is empty."],
        [
            summary.length <= longestSummary,
            `its summary has ${summary.length} characters, and ${longestSummary} are shown.`,
        ],
        [
            /^([^{}]|\{[A-Za-z_]\w*\})*$/.test(summary),
            "its summary must not be a template: {label} and {value} stand for what is filled in.",
        ],
        [
            address.length <= longestRunbook,
            `the address of its runbook, ${address}, has ${address.length} characters, and ${longestRunbook} are shown: set a shorter rekindle:alerts.runbooks.`,
        ],
    ];
    return checks.filter(([ok]) => !ok).map(([, problem]) => problem);
}

function oneOf(key: string, value: string, known: readonly string[]): [boolean, string][] {
    return [[known.includes(value), `its ${key} is ${value}, and there are ${known.join(", ")}.`]];
}

/** Whether brackets and quotes close each other, as PromQL's do. */
function balanced(expr: string): boolean {
    const open: string[] = [];
    const closing: Readonly<Record<string, string>> = { "(": ")", "{": "}", "[": "]" };
    // Strings first: brackets in them are text.
    const bare = expr.replaceAll(/"(\\.|[^"\\])*"|'(\\.|[^'\\])*'|`[^`]*`/g, "");
    for (const character of bare) {
        if ("\"'`".includes(character)) {
            return false;
        }
        const end = closing[character];
        if (end !== undefined) {
            open.push(end);
        } else if (")}]".includes(character) && open.pop() !== character) {
            return false;
        }
    }
    return open.length === 0;
}
