import type { Labels } from "./states";

/**
 * Fills in a rule's annotation. Of Go's templates the stand-in knows `{{ $labels.NAME }}` and `{{ printf "%.Nf" $values.A.Value }}`.
 * @throws for any other action: a text that is not filled in would look right here and nowhere else
 */
export function filledIn(text: string, labels: Labels, value: number | undefined): string {
    return text.replaceAll(/\{\{\s*(.*?)\s*\}\}/g, (_, action: string) => {
        const label = /^\$labels\.(\w+)$/.exec(action)?.[1];
        if (label !== undefined) {
            return labels[label] ?? "[no value]";
        }
        const digits = /^printf "%\.(\d)f" \$values\.A\.Value$/.exec(action)?.[1];
        if (digits === undefined) {
            throw new Error(`the stand-in for Grafana cannot fill in {{ ${action} }}.`);
        }
        return value === undefined ? "[no value]" : value.toFixed(Number(digits));
    });
}
