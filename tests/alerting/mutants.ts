import type { Alert, Comparison } from "../../components/alert";

/** An alert that is wrong in one place. */
export interface Mutant {
    readonly what: string;
    readonly alert: Alert;
}

const comparisons: readonly Comparison[] = ["<", ">", "=="];

/** The alert with each of its numbers and comparisons changed, one at a time. */
export function mutants(alert: Alert): Mutant[] {
    return [...times(alert), ...thresholds(alert), ...compared(alert), ...inside(alert)];
}

function times(alert: Alert): Mutant[] {
    return [alert.for + 60, alert.for - 60]
        .filter((seconds) => seconds >= 0)
        .map((seconds) => ({
            what: `for ${alert.for} s → ${seconds} s`,
            alert: { ...alert, for: seconds },
        }));
}

function thresholds(alert: Alert): Mutant[] {
    const { threshold } = alert;
    if (threshold === undefined) {
        return [];
    }
    return [threshold + 1, threshold - 1].map((other) => ({
        what: `threshold ${threshold} → ${other}`,
        alert: { ...alert, threshold: other },
    }));
}

function compared(alert: Alert): Mutant[] {
    return alert.comparison === "any"
        ? []
        : comparisons
              .filter((other) => other !== alert.comparison)
              .map((other) => ({
                  what: `${alert.comparison} → ${other}`,
                  alert: { ...alert, comparison: other },
              }));
}

/** Where the expression itself compares: each of its comparisons turned round, and each number in one doubled. */
function inside(alert: Alert): Mutant[] {
    const { expr } = alert;
    return [...expr.matchAll(/ (<|>|==|>=)( bool)? ([\d.]+)/g)].flatMap(
        ([whole, operator = "", bool = "", number = ""]) =>
            [
                ` ${operator.startsWith("<") ? ">" : "<"}${bool} ${number}`,
                ` ${operator}${bool} ${Number(number) * 2 + 1}`,
            ].map((other) => ({
                what: `…${whole} → …${other}`,
                alert: { ...alert, expr: expr.replace(whole, other) },
            })),
    );
}
