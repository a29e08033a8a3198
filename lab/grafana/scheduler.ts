import { filledIn } from "./annotations";
import { routeLabel, routeName } from "./alertmanager-config";
import type { Datasource } from "./api";
import {
    evaluated,
    firing,
    type Instance,
    type Instances,
    type Labels,
    type Result,
} from "./states";
import { groupKey, type GrafanaStore, type Rule } from "./store";

export interface SchedulerOptions {
    readonly store: GrafanaStore;
    readonly datasources: readonly Datasource[];
    /** Where Alertmanager takes alerts. */
    readonly alertmanager: string;
}

/** Grafana's own tick, in milliseconds. */
const tick = 10_000;
const queryTime = 10_000;

/** Evaluates every group in its interval, and tells Alertmanager what fires and what has ended. */
export class Scheduler {
    /** Rules whose query failed, since the start. */
    failures = 0;
    readonly #states = new Map<string, Instances>();
    readonly #timer: NodeJS.Timeout;
    #last = Promise.resolve();

    constructor(private readonly options: SchedulerOptions) {
        this.#timer = setInterval(() => {
            const now = Date.now();
            this.#last = this.#last.then(async () => this.#run(now));
        }, tick);
    }

    /** What each rule's series are now. */
    states(): Record<string, readonly Instance[]> {
        return Object.fromEntries(
            this.options.store.all.rules.map(({ uid, title }) => [
                title,
                [...(this.#states.get(uid)?.values() ?? [])],
            ]),
        );
    }

    async close(): Promise<void> {
        clearInterval(this.#timer);
        await this.#last;
    }

    async #run(now: number): Promise<void> {
        const { rules, intervals } = this.options.store.all;
        const ticks = Math.floor(now / tick);
        const due = rules.filter(({ folderUID, ruleGroup, isPaused }) => {
            const seconds = intervals[groupKey(folderUID, ruleGroup)] ?? 60;
            return !isPaused && ticks % ((seconds * 1000) / tick) === 0;
        });
        await Promise.all(
            due.map(async (rule) => {
                const result = await this.#query(rule);
                this.failures += "error" in result ? 1 : 0;
                const before = this.#states.get(rule.uid) ?? new Map<string, Instance>();
                this.#states.set(rule.uid, evaluated(rule, result, now, before));
            }),
        );
        const uids = rules.map(({ uid }) => uid);
        [...this.#states.keys()]
            .filter((uid) => !uids.includes(uid))
            .forEach((uid) => this.#states.delete(uid));
        await this.#tell(due, now);
    }

    async #query({ data }: Rule): Promise<Result> {
        const [query] = data;
        const source = this.options.datasources.find(({ uid }) => uid === query?.datasourceUid);
        try {
            const expr = String(query?.model["expr"]);
            const answer = await fetch(`${source?.url ?? ""}/api/v1/query`, {
                method: "POST",
                body: new URLSearchParams({ query: expr }),
                signal: AbortSignal.timeout(queryTime),
            });
            const body = (await answer.json()) as PrometheusAnswer;
            return body.data === undefined
                ? { error: body.error ?? `answered ${answer.status}` }
                : {
                      series: body.data.result.map(({ metric, value }) =>
                          seriesOf(metric, value[1]),
                      ),
                  };
        } catch (error) {
            return { error: (error as Error).message };
        }
    }

    async #tell(rules: readonly Rule[], now: number): Promise<void> {
        const alerts = rules.flatMap((rule) =>
            [...(this.#states.get(rule.uid)?.values() ?? [])]
                .filter(({ state, endedAt }) => firing.includes(state) || endedAt !== undefined)
                .map((instance) => this.#alert(rule, instance, now)),
        );
        if (alerts.length > 0) {
            await fetch(`${this.options.alertmanager}/api/v2/alerts`, {
                method: "POST",
                headers: { "content-type": "application/json" },
                body: JSON.stringify(alerts),
            }).catch((error: unknown) => {
                console.error(`Alertmanager gave no answer: ${String(error)}`);
            });
        }
    }

    #alert(rule: Rule, { labels, value, startsAt, endedAt }: Instance, now: number) {
        const { folders, intervals } = this.options.store.all;
        const folder = folders.find(({ uid }) => uid === rule.folderUID)?.title ?? "";
        const { notification_settings: settings } = rule;
        const interval = (intervals[groupKey(rule.folderUID, rule.ruleGroup)] ?? 60) * 1000;
        const all: Labels = {
            ...{ alertname: rule.title, grafana_folder: folder },
            ...labels,
            ...rule.labels,
            ...(settings === undefined ? {} : { [routeLabel]: routeName(settings) }),
        };
        return {
            labels: all,
            annotations: Object.fromEntries(
                Object.entries(rule.annotations).map(([key, text]) => [
                    key,
                    filledIn(text, all, value),
                ]),
            ),
            startsAt: new Date(startsAt).toISOString(),
            // As long as three evaluations may be missed.
            endsAt: new Date(endedAt ?? now + 3 * Math.max(interval, 30_000)).toISOString(),
        };
    }
}

interface PrometheusAnswer {
    readonly error?: string;
    readonly data?: {
        readonly result: readonly {
            readonly metric: Labels;
            readonly value: readonly [number, string];
        }[];
    };
}

function seriesOf(metric: Labels, value: string) {
    const labels = Object.entries(metric).filter(([name]) => name !== "__name__");
    return {
        labels: Object.fromEntries(labels),
        value: value === "+Inf" ? Infinity : Number(value),
    };
}
