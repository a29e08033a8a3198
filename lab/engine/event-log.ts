import { closeSync, openSync, writeSync } from "node:fs";
import { formatPath } from "./diff";
import type { Listener, Step } from "./listener";
import { isDefaultProvider, splitReference, typeOf } from "./urn";

/** Writes what happens as JSON lines, in the format of Pulumi's `--event-log`. Of the inputs only those that change are told; secrets are masked. */
export function eventLog(file: string, planning: boolean): Listener {
    const descriptor = openSync(file, "w", 0o600);
    let sequence = 0;
    const write = (event: object) => {
        const timestamp = Math.floor(Date.now() / 1000);
        writeSync(descriptor, `${JSON.stringify({ sequence: sequence++, timestamp, ...event })}\n`);
    };
    return {
        began: (step) => {
            write({ resourcePreEvent: { metadata: metadata(step), planning } });
        },
        ended: (step) => {
            write({ resOutputsEvent: { metadata: metadata(step), planning } });
        },
        failed: (step) => {
            write({ resOpFailedEvent: { metadata: metadata(step), status: 2, steps: 0 } });
        },
        status: (urn, message) => {
            write({
                diagnosticEvent: {
                    urn,
                    message,
                    color: "never",
                    severity: "info",
                    ephemeral: true,
                },
            });
        },
        diagnostic: (severity, message, urn) => {
            write({ diagnosticEvent: { urn, message, color: "never", severity } });
        },
        finished: ({ counts, seconds }) => {
            const durationSeconds = Math.round(seconds);
            write({
                summaryEvent: { maybeCorrupt: false, durationSeconds, resourceChanges: counts },
            });
            closeSync(descriptor);
        },
    };
}

function metadata({ op, urn, provider, changes }: Step): object {
    return {
        ...{ op, urn, type: typeOf(urn) },
        provider: provider === undefined ? "" : `${splitReference(provider).urn}::`,
        logical: !isDefaultProvider(urn),
        old: { inputs: side(changes, "before") },
        new: { inputs: side(changes, "after") },
        diffs: [...new Set(changes.map(({ path }) => String(path[0] ?? "")))],
        detailedDiff: Object.fromEntries(
            changes.map(({ path, kind, replace }) => [
                formatPath(path),
                { diffKind: replace ? `${kind}-replace` : kind, inputDiff: true },
            ]),
        ),
    };
}

/** The changed inputs as they were, or as they will be. Those in lists are left out: a path into one says too little. */
function side(changes: Step["changes"], which: "before" | "after"): object {
    const inputs: Record<string, unknown> = {};
    for (const { path, [which]: value } of changes) {
        const keys = path.map(String);
        const last = keys.pop();
        if (
            last === undefined ||
            value === undefined ||
            path.some((key) => typeof key === "number")
        ) {
            continue;
        }
        let at = inputs;
        for (const key of keys) {
            at = at[key] = (at[key] ?? {}) as Record<string, unknown>;
        }
        at[last] = value;
    }
    return inputs;
}
