import { drillNames } from "../lab/drill-leftovers";
import type { House } from "./house";
import { folder, type Scope } from "./mute";

/** Two alerts, each with a name that was never used before: what Alertmanager has told once it does not tell again for hours. */
export interface Canary {
    /** Outside the mute's scope: that it arrives shows that alerting is back, and that the mute is no wider than the drill. */
    readonly heard: string;
    /** Inside: it must be seen suppressed, and must not arrive. */
    readonly muted: string;
    readonly scope: Scope;
}

/** @param moment milliseconds since 1970 */
export function newCanary(scope: Scope, moment: number): Canary {
    const run = moment.toString(36);
    return { heard: `DrillCanary-${run}`, muted: `DrillMuted-${run}`, scope };
}

const provisioning = "/api/v1/provisioning";
const group = "drill";
const own = drillNames.ruleFolder;

interface Rule {
    readonly uid: string;
    readonly folderUID: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly data: readonly { readonly datasourceUid: string }[];
    readonly notification_settings?: object;
}

/** The rules' folders and labels, by the mute's scope. Pure. */
export function canaryRules({ heard, muted, scope }: Canary): readonly {
    readonly title: string;
    readonly folder: typeof own | typeof folder;
    readonly labels: Readonly<Record<string, string>>;
}[] {
    const about = (node: string): Record<string, string> =>
        scope.node === undefined ? {} : { node };
    return [
        { title: heard, folder: own, labels: about("none of the drill's") },
        { title: muted, folder, labels: about(scope.node ?? "") },
    ];
}

/**
 * Makes both rules, which fire at once and take the way of our critical alerts.
 * @throws when Grafana does not answer, or has none of our rules yet
 */
export async function raiseCanary(house: House, canary: Canary): Promise<void> {
    const ask = house.grafana;
    if (ask === undefined) {
        return;
    }
    const rules = await ask<Rule[]>("GET", `${provisioning}/alert-rules`);
    const model = rules.find(
        ({ folderUID, labels }) => folderUID === folder.uid && labels["severity"] === "critical",
    );
    const datasourceUid = model?.data.find(({ datasourceUid }) => datasourceUid !== "__expr__");
    if (model?.notification_settings === undefined || datasourceUid === undefined) {
        throw new Error("Grafana has no critical rule of ours in its folder Rekindle yet.");
    }
    const settings = { ...model.notification_settings, group_wait: "1s" };
    await ask("POST", "/api/folders", own).catch(() => ask("GET", `/api/folders/${own.uid}`));
    for (const { title, folder, labels } of canaryRules(canary)) {
        const rule = firing(title, labels, datasourceUid.datasourceUid, settings);
        const path = `${provisioning}/folder/${folder.uid}/rule-groups/${group}`;
        await ask("PUT", path, { interval: 10, rules: [rule] });
    }
}

/** Removes what `raiseCanary` made, by this drill or by one that was killed; what is not there is no error. */
export async function removeCanary(house: House): Promise<void> {
    const ask = house.grafana;
    if (ask === undefined) {
        return;
    }
    const rules = await ask<Rule[]>("GET", `${provisioning}/alert-rules`);
    for (const { uid } of rules.filter((rule) => rule.uid.startsWith(prefix))) {
        await ask("DELETE", `${provisioning}/alert-rules/${uid}`);
    }
    const folders = await ask<object>("GET", `/api/folders/${own.uid}`).catch(() => undefined);
    if (folders !== undefined) {
        await ask("DELETE", `/api/folders/${own.uid}`);
    }
}

const prefix = drillNames.ruleUid;
const uidOf = (title: string) => `${prefix}-${title.toLowerCase()}`;

/** A rule that is always true. */
function firing(title: string, labels: object, datasourceUid: string, settings: object) {
    const relativeTimeRange = { from: 60, to: 0 };
    return {
        ...{ uid: uidOf(title), title, condition: "B", for: "0s" },
        ...{ noDataState: "OK", execErrState: "OK" },
        labels: { ...labels, severity: "critical" },
        annotations: { summary: `${title}: a drill asks whether alerts arrive` },
        notification_settings: settings,
        data: [
            {
                ...{ refId: "A", datasourceUid, relativeTimeRange },
                model: { refId: "A", expr: "vector(1)", instant: true },
            },
            {
                ...{ refId: "B", datasourceUid: "__expr__", relativeTimeRange: { from: 0, to: 0 } },
                model: {
                    ...{ refId: "B", type: "threshold", expression: "A" },
                    conditions: [{ evaluator: { type: "gt", params: [0] } }],
                },
            },
        ],
    };
}
