/** What one run of a drill leaves behind, as JSON in `.lab/drills`. */
export interface DrillRecord {
    readonly version: 1;
    readonly drill: string;
    /** A figure measured in the lab is called that. */
    readonly where: "lab" | "home";
    readonly stack: string;
    readonly engine: "bundled" | "pulumi";
    /** ISO 8601, UTC. */
    readonly begun: string;
    /** When second 0 was; ISO 8601, UTC. */
    readonly zeroAt: string;
    /** What second 0 of the milestones is, e.g. "power on". */
    readonly zero: string;
    /** Of the whole drill, preparation and restoring included. */
    readonly seconds: number;
    readonly verdict: "passed" | "failed" | "interrupted" | "refused";
    /** Sentences; none when it passed. */
    readonly problems: readonly string[];
    readonly milestones: readonly Milestone[];
    readonly checks: readonly Check[];
    /** Of a cold start only: what no design could be faster than. */
    readonly floor?: {
        readonly parts: readonly { readonly name: string; readonly seconds: number }[];
    };
    /** What the figures rest on: preloaded images, stand-ins. */
    readonly rested: readonly string[];
    /** Of the drill `seed`: whether its design waited for itself, as it must. */
    readonly deadlocked?: boolean;
}

export interface Milestone {
    readonly name: string;
    /** A Pi; absent: the house. */
    readonly host?: string;
    /** Seconds since zero; null: not reached. */
    readonly at: number | null;
    /** Seconds after which the drill fails. */
    readonly limit: number;
    /** It must not be reached. */
    readonly expected?: "never";
}

export interface Check {
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
}
