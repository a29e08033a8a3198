import { secondsOf } from "./durations";
import type { ContactPoint, GrafanaStore, Query, Route, Rule } from "./store";

/** What Grafana refuses, with the status and words of its answer. */
export class Refusal extends Error {
    constructor(
        readonly status: number,
        message: string,
    ) {
        super(message);
    }
}

const evaluators = ["gt", "lt", "eq", "ne", "gte", "lte"];
/** Seconds; Grafana's scheduler ticks this often. */
const tick = 10;

/** @throws Refusal for a rule that Grafana would not take */
export function checkRule(rule: Rule, store: GrafanaStore, datasources: readonly string[]): void {
    const refuse = (why: string): never => {
        throw new Refusal(400, `invalid alert rule '${rule.title}': ${why}`);
    };
    if (!/^[A-Za-z0-9_-]{1,40}$/.test(rule.uid)) {
        refuse(`uid '${rule.uid}' is not valid`);
    }
    if (rule.title === "" || rule.title.length > 190) {
        refuse("title is empty or too long");
    }
    if (!store.all.folders.some(({ uid }) => uid === rule.folderUID)) {
        refuse("folder does not exist");
    }
    const refs = rule.data.map(({ refId }) => refId);
    if (refs.length === 0 || new Set(refs).size !== refs.length) {
        refuse("queries need unique refIds");
    }
    if (!refs.includes(rule.condition)) {
        refuse(`condition ${rule.condition} does not exist, must be one of [${refs.join(" ")}]`);
    }
    for (const query of rule.data) {
        checkQuery(query, refs, datasources, refuse);
    }
    for (const field of ["for", "keep_firing_for"] as const) {
        if (secondsOf(rule[field]) === undefined) {
            refuse(`${field} '${rule[field]}' is not a duration`);
        }
    }
    checkSettings(rule, store, refuse);
}

function checkQuery(
    { refId, datasourceUid, relativeTimeRange: { from, to }, model }: Query,
    refs: readonly string[],
    datasources: readonly string[],
    refuse: (why: string) => never,
): void {
    if (datasourceUid !== "__expr__") {
        if (!datasources.includes(datasourceUid)) {
            refuse(`data source '${datasourceUid}' of query ${refId} not found`);
        }
        if (from <= to) {
            refuse(`query ${refId} has an invalid relative time range`);
        }
        return;
    }
    const conditions = model["conditions"] as
        readonly { evaluator?: { type?: string; params?: readonly unknown[] } }[] | undefined;
    const [only, ...others] = conditions ?? [];
    const { type = "", params = [] } = only?.evaluator ?? {};
    if (model["type"] !== "threshold") {
        refuse(
            `the stand-in knows expressions of type threshold only, not ${String(model["type"])}`,
        );
    }
    if (!refs.includes(String(model["expression"]))) {
        refuse(`expression ${refId} refers to no query`);
    }
    if (others.length > 0 || !evaluators.includes(type) || typeof params[0] !== "number") {
        refuse(`expression ${refId} needs one condition with a known evaluator and a number`);
    }
}

function checkSettings(
    { notification_settings: settings }: Rule,
    store: GrafanaStore,
    refuse: (why: string) => never,
): void {
    if (settings === undefined) {
        return;
    }
    if (!store.all.contactPoints.some(({ name }) => name === settings.receiver)) {
        refuse(`receiver '${settings.receiver}' does not exist`);
    }
    const groups = settings.group_by ?? [];
    const whole = groups.includes("...") || groups.length === 0;
    if (!whole && !["alertname", "grafana_folder"].every((label) => groups.includes(label))) {
        refuse("group by must contain alertname and grafana_folder");
    }
    checkTimings(settings, refuse);
}

function checkTimings(route: Route, refuse: (why: string) => never): void {
    const read = (text: string | undefined) => (text === undefined ? 1 : (secondsOf(text) ?? -1));
    if (read(route.group_wait) < 0) {
        refuse("group_wait is not a duration");
    }
    if (read(route.group_interval) <= 0 || read(route.repeat_interval) <= 0) {
        refuse("group_interval and repeat_interval must be longer than nothing");
    }
}

/** @throws Refusal for an interval that the scheduler cannot keep */
export function checkInterval(seconds: number): void {
    if (!Number.isInteger(seconds) || seconds <= 0 || seconds % tick !== 0) {
        throw new Refusal(
            400,
            `interval (${seconds}s) should be non-zero and divided exactly by scheduler interval: ${tick}s`,
        );
    }
}

/** @throws Refusal for a contact point that could not send */
export function checkContactPoint({ name, type, settings }: ContactPoint): void {
    const needed: Readonly<Record<string, readonly string[]>> = {
        telegram: ["bottoken", "chatid"],
        webhook: ["url"],
        email: ["addresses"],
    };
    const keys = needed[type];
    if (keys === undefined) {
        throw new Refusal(400, `invalid contact point: the stand-in has no integration "${type}"`);
    }
    const missing = keys.find((key) => (settings[key] ?? "") === "");
    if (name === "" || missing !== undefined) {
        throw new Refusal(400, `invalid contact point: could not find ${missing ?? "name"}`);
    }
    const { parse_mode: mode = "HTML" } = settings as { parse_mode?: string };
    if (!["None", "Markdown", "MarkdownV2", "HTML"].includes(mode)) {
        throw new Refusal(400, `invalid contact point: unknown parse_mode "${mode}"`);
    }
}

/** @throws Refusal for a tree with a receiver that does not exist */
export function checkPolicy(policy: Route, store: GrafanaStore): void {
    const refuse = (why: string): never => {
        throw new Refusal(400, `invalid object specification: ${why}`);
    };
    const visit = (route: Route, root: boolean): void => {
        const { receiver = "" } = route;
        const known = store.all.contactPoints.some(({ name }) => name === receiver);
        if (!known && (root || receiver !== "")) {
            refuse(`receiver '${receiver}' does not exist`);
        }
        checkTimings(route, refuse);
        route.routes?.forEach((child) => {
            visit(child, false);
        });
    };
    visit(policy, true);
}

/** Names of contact points that a rule or a policy sends to. */
export function usedReceivers(store: GrafanaStore): Set<string> {
    const inTree = (route: Route): string[] => [
        ...(route.receiver === undefined ? [] : [route.receiver]),
        ...(route.routes ?? []).flatMap(inTree),
    ];
    const inRules = store.all.rules.flatMap(({ notification_settings: settings }) =>
        settings === undefined ? [] : [settings.receiver],
    );
    return new Set([...inTree(store.all.policy), ...inRules]);
}
