import Table from "cli-table3";
import { mkdirSync, writeFileSync } from "node:fs";
import type { Judged } from "../impact/summary";
import type { StepCounts } from "./pulumi/events";
import { dotLab, reportFile } from "./paths";
import type { Engine } from "./pulumi/engine";

export interface Check {
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
}

export interface Report {
    readonly command: string;
    readonly engine?: "pulumi";
    /** Pulumi's version, without the `v`. */
    readonly version?: string;
    /** Which providers are Pulumi's, and which are stand-ins of the lab. */
    readonly providers?: Engine["providers"];
    readonly seconds: number;
    readonly steps?: StepCounts;
    readonly checks: readonly Check[];
    /** How long each part took, in seconds. */
    readonly parts?: Record<string, number>;
    /** What a preview would change: one entry per step, with the changed keys. */
    readonly changes?: readonly { op: string; urn: string; diffs: readonly string[] }[];
    /** What these do to the house, the worst first. */
    readonly impact?: readonly Judged[];
    readonly errors?: readonly string[];
}

/** Returns what a report says of the engine that ran. */
export function engineReport({
    version,
    providers,
}: Engine): Pick<Report, "engine" | "version" | "providers"> {
    return { engine: "pulumi", version, providers };
}

/** Leaves `.lab/report.json` for programs; true when every check is ok. */
export function writeReport(report: Report): boolean {
    mkdirSync(dotLab, { recursive: true });
    writeFileSync(reportFile, `${JSON.stringify(report, null, 4)}\n`);
    return report.checks.every((check) => check.ok);
}

/** A table for people, without colours of its own so that it reads the same in a log. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
    const drawn = new Table({
        head: [...head],
        style: { head: [], border: [] },
        chars: {
            ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
            ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
            ...{ left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "" },
            middle: "  ",
        },
    });
    drawn.push(...rows.map((row) => [...row]));
    return drawn.toString();
}

/** As many as a screen holds; the report has all. */
const shownChecks = 20;

/** What failed is never left out; of what is ok, only as much as can be read. */
export function checkTable(checks: readonly Check[]): string {
    const failed = checks.filter(({ ok }) => !ok).length;
    const room = Math.max(0, shownChecks - failed);
    const hidden = checks.filter(({ ok }) => ok).slice(room);
    const rows = checks
        .filter((check) => !hidden.includes(check))
        // One line each: what failed was told in full before.
        .map(({ ok, name, detail }) => [
            ok ? "ok" : "FAILED",
            name,
            (detail.split("\n")[0] ?? "").slice(0, 100),
        ]);
    const more =
        hidden.length > 0 ? [["ok", `and ${hidden.length} more`, "in .lab/report.json"]] : [];
    return table(["", "check", "seen"], [...rows, ...more]);
}
