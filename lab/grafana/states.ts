import { secondsOf } from "./durations";
import type { Rule } from "./store";

export type Labels = Readonly<Record<string, string>>;

/** What a rule's queries gave: a value for each series, or why there is none. */
export type Result =
    | { readonly series: readonly { readonly labels: Labels; readonly value: number }[] }
    | { readonly error: string };

export type StateName = "Normal" | "Pending" | "Alerting" | "Recovering" | "NoData" | "Error";

/** One series of a rule as it is now; times in milliseconds. */
export interface Instance {
    readonly labels: Labels;
    readonly state: StateName;
    /** Since when it has been in this state. */
    readonly since: number;
    /** Since when it has been told, from pending on; of what was told before it is over. */
    readonly startsAt: number;
    readonly value: number | undefined;
    /** Evaluations in a row that did not find it. */
    readonly missing: number;
    /** Set when it has ended: Alertmanager is told of it for a while. */
    readonly endedAt?: number;
}
export type Instances = ReadonlyMap<string, Instance>;

/** Milliseconds that what has ended is still told. */
const toldAfterEnd = 15 * 60_000;
/** Grafana's default of missingSeriesEvalsToResolve. */
const usualMissing = 2;
export const firing: readonly StateName[] = ["Alerting", "Recovering", "NoData", "Error"];

/** The states of a rule after one more evaluation. Pure. */
export function evaluated(rule: Rule, result: Result, now: number, before: Instances): Instances {
    if ("error" in result) {
        return withoutResult(rule, rule.execErrState, "Error", now, before);
    }
    if (result.series.length === 0) {
        return withoutResult(rule, rule.noDataState, "NoData", now, before);
    }
    const after = new Map<string, Instance>();
    for (const { labels, value } of result.series) {
        const key = keyOf(labels);
        after.set(key, next(rule, breached(rule, value), { labels, value }, now, before.get(key)));
    }
    for (const [key, instance] of before) {
        if (!after.has(key)) {
            const kept = unseen(rule, instance, now);
            if (kept !== undefined) {
                after.set(key, kept);
            }
        }
    }
    return after;
}

/** Whether a value meets the condition of the rule. */
export function breached({ data, condition }: Rule, value: number): boolean {
    const model = data.find(({ refId }) => refId === condition)?.model as unknown as {
        conditions: readonly { evaluator: { type: string; params: readonly number[] } }[];
    };
    const { type = "", params = [] } = model.conditions[0]?.evaluator ?? {};
    const [limit = NaN] = params;
    const compare: Readonly<Record<string, boolean>> = {
        gt: value > limit,
        lt: value < limit,
        eq: value === limit,
        ne: value !== limit,
        gte: value >= limit,
        lte: value <= limit,
    };
    return compare[type] ?? false;
}

function next(
    rule: Rule,
    bad: boolean,
    { labels, value }: { labels: Labels; value: number | undefined },
    now: number,
    before: Instance | undefined,
): Instance {
    const state = before?.state ?? "Normal";
    const base = { labels, value, missing: 0 };
    const to = (name: StateName, startsAt = now): Instance => ({
        ...{ ...base, state: name, startsAt },
        since: name === state && before !== undefined ? before.since : now,
    });
    if (bad) {
        if (state === "Alerting" || state === "Recovering") {
            return to("Alerting", before?.startsAt);
        }
        const since = state === "Pending" && before !== undefined ? before.since : now;
        const over = now - since >= (secondsOf(rule.for) ?? 0) * 1000;
        return over ? to("Alerting") : to("Pending");
    }
    if (before === undefined || !firing.includes(state)) {
        return { ...to("Normal"), ...(before?.endedAt === undefined ? {} : kept(before, now)) };
    }
    const since = state === "Recovering" ? before.since : now;
    const stays = now - since < (secondsOf(rule.keep_firing_for) ?? 0) * 1000;
    return state !== "NoData" && state !== "Error" && stays
        ? to("Recovering", before.startsAt)
        : { ...to("Normal", before.startsAt), endedAt: now };
}

/** A series that was not among the results. @returns undefined when there is nothing left to tell of it */
function unseen(rule: Rule, instance: Instance, now: number): Instance | undefined {
    const missing = instance.missing + 1;
    if (instance.endedAt !== undefined) {
        return now - instance.endedAt < toldAfterEnd ? { ...instance, missing } : undefined;
    }
    if (missing < (rule.missingSeriesEvalsToResolve ?? usualMissing)) {
        return { ...instance, missing };
    }
    return firing.includes(instance.state)
        ? { ...instance, missing, state: "Normal", since: now, endedAt: now }
        : undefined;
}

/** What the rule says about missing data, or about a query that failed. */
function withoutResult(
    rule: Rule,
    what: Rule["noDataState"] | Rule["execErrState"],
    name: "NoData" | "Error",
    now: number,
    before: Instances,
): Instances {
    if (what === "KeepLast") {
        return before;
    }
    const labels: Labels =
        what === name
            ? {
                  alertname: `Datasource${name}`,
                  rulename: rule.title,
                  datasource_uid: rule.data[0]?.datasourceUid ?? "",
                  ref_id: rule.data[0]?.refId ?? "",
              }
            : {};
    const key = keyOf(labels);
    const after = new Map<string, Instance>();
    for (const [other, instance] of before) {
        const ended =
            what === "OK"
                ? next(
                      rule,
                      false,
                      { labels: instance.labels, value: instance.value },
                      now,
                      instance,
                  )
                : unseen(rule, instance, now);
        if (other !== key && ended !== undefined) {
            after.set(other, ended);
        }
    }
    if (what !== "OK") {
        const last = before.get(key);
        const instance = next(rule, true, { labels, value: undefined }, now, last);
        // Grafana's own alerts about the source do not wait.
        after.set(
            key,
            what === name
                ? { ...instance, state: name, startsAt: last?.startsAt ?? now }
                : instance,
        );
    }
    return after;
}

function kept(before: Instance, now: number): { startsAt: number; endedAt?: number } {
    const { startsAt, endedAt } = before;
    return endedAt !== undefined && now - endedAt < toldAfterEnd
        ? { startsAt, endedAt }
        : { startsAt };
}

function keyOf(labels: Labels): string {
    return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
