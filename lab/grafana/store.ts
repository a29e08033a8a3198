import { existsSync, readFileSync } from "node:fs";
import { writeKept } from "../kept-file";

export interface Folder {
    readonly uid: string;
    readonly title: string;
}

/** `api` for what was made through the provisioning API; "" for what a person made. */
export type Provenance = "api" | "";

export interface Template {
    readonly name: string;
    readonly template: string;
    readonly provenance: Provenance;
}

export interface ContactPoint {
    readonly uid: string;
    readonly name: string;
    readonly type: string;
    readonly settings: Readonly<Record<string, unknown>>;
    readonly disableResolveMessage: boolean;
    readonly provenance: Provenance;
}

/** Which alerts are told together, and when; in Grafana's and Alertmanager's own words. */
export interface Grouping {
    readonly group_by?: readonly string[];
    readonly group_wait?: string;
    readonly group_interval?: string;
    readonly repeat_interval?: string;
}

/** A node of the policy tree. */
export interface Route extends Grouping {
    readonly receiver?: string;
    readonly object_matchers?: readonly (readonly [string, string, string])[];
    readonly routes?: readonly Route[];
    readonly provenance?: Provenance;
}

export interface Query {
    readonly refId: string;
    readonly datasourceUid: string;
    readonly relativeTimeRange: { readonly from: number; readonly to: number };
    readonly model: Readonly<Record<string, unknown>>;
}

export interface NotificationSettings extends Grouping {
    readonly receiver: string;
}

export interface Rule {
    readonly uid: string;
    readonly title: string;
    readonly orgID: number;
    readonly folderUID: string;
    readonly ruleGroup: string;
    readonly condition: string;
    readonly data: readonly Query[];
    readonly noDataState: "OK" | "NoData" | "KeepLast" | "Alerting";
    readonly execErrState: "OK" | "Error" | "KeepLast" | "Alerting";
    /** As Go writes durations. */
    readonly for: string;
    readonly keep_firing_for: string;
    readonly missingSeriesEvalsToResolve?: number;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly isPaused: boolean;
    readonly notification_settings?: NotificationSettings;
    readonly provenance: Provenance;
}

interface Kept {
    folders: Folder[];
    templates: Template[];
    contactPoints: ContactPoint[];
    policy: Route;
    rules: Rule[];
    /** Seconds between two evaluations, by folder and group. */
    intervals: Record<string, number>;
}

/** What a new Grafana has. */
const defaultPoint = "grafana-default-email";
const defaultPolicy: Route = {
    receiver: defaultPoint,
    group_by: ["grafana_folder", "alertname"],
    provenance: "",
};

/** Grafana's database, in memory, and in a file when one is given. */
export class GrafanaStore {
    readonly #kept: Kept = {
        folders: [],
        templates: [],
        contactPoints: [
            {
                ...{ uid: "default", name: defaultPoint, type: "email", provenance: "" },
                ...{ settings: { addresses: "<example@email.com>" }, disableResolveMessage: false },
            },
        ],
        policy: defaultPolicy,
        rules: [],
        intervals: {},
    };
    readonly #subscribers: (() => void)[] = [];

    constructor(private readonly file?: string) {
        if (file !== undefined && existsSync(file)) {
            Object.assign(this.#kept, JSON.parse(readFileSync(file, "utf8")) as Kept);
        }
    }

    /** What there is; changed with `change` only. */
    get all(): Readonly<Kept> {
        return this.#kept;
    }

    onChange(follow: () => void): void {
        this.#subscribers.push(follow);
    }

    change(make: (kept: Kept) => void): void {
        make(this.#kept);
        writeKept(this.file, this.#kept);
        this.#subscribers.forEach((follow) => {
            follow();
        });
    }

    resetPolicy(): void {
        this.change((kept) => {
            kept.policy = defaultPolicy;
        });
    }
}

/** The key of a group's interval. */
export function groupKey(folder: string, group: string): string {
    return `${folder}/${group}`;
}
