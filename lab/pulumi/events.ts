import { withoutParts } from "../../impact/step";

/** How many resources took each kind of step. */
export interface StepCounts {
    readonly create: number;
    readonly update: number;
    readonly replace: number;
    readonly delete: number;
    readonly same: number;
}

/** What an event log says about a run. */
export interface Events {
    readonly steps: StepCounts;
    readonly errors: string[];
    /** One entry for each resource that is not left as it is; `diffs` are its changed inputs. */
    readonly changes: Change[];
}

export interface Change {
    readonly op: string;
    readonly urn: string;
    readonly diffs: string[];
    /** Inputs before and after, as far as the engine tells them; secrets are masked. */
    readonly before?: Readonly<Record<string, unknown>>;
    readonly after?: Readonly<Record<string, unknown>>;
}

/** The parts of Pulumi's engine events that are read here; one of them per line. */
interface EngineEvent {
    readonly resourcePreEvent?: {
        readonly metadata: {
            readonly op: string;
            readonly urn: string;
            readonly diffs?: string[] | null;
            readonly detailedDiff?: Record<string, unknown> | null;
            readonly old?: { readonly inputs?: Record<string, unknown> } | null;
            readonly new?: { readonly inputs?: Record<string, unknown> } | null;
        };
    };
    readonly diagnosticEvent?: { readonly severity: string; readonly message: string };
    readonly summaryEvent?: { readonly resourceChanges?: Record<string, number> };
}

/**
 * Reads the text of an event log (`--event-log FILE`). A last line that was cut off is left out.
 * @throws when another line is not JSON
 */
export function readEvents(text: string): Events {
    const lines = text.split("\n");
    const events = lines
        .slice(0, -1)
        .filter((line) => line.trim() !== "")
        .map((line) => JSON.parse(line) as EngineEvent);
    const summary = events.find((event) => event.summaryEvent)?.summaryEvent?.resourceChanges ?? {};
    const count = (op: string) => summary[op] ?? 0;
    const began = events.flatMap(({ resourcePreEvent: step }) => step?.metadata ?? []);
    return {
        steps: {
            create: count("create"),
            update: count("update"),
            replace: count("replace"),
            delete: count("delete"),
            same: count("same"),
        },
        errors: events.flatMap(({ diagnosticEvent: told }) =>
            told?.severity === "error" ? [withoutColours(told.message)] : [],
        ),
        changes: withoutParts(began).flatMap((metadata) => {
            const { op, urn, diffs, detailedDiff } = metadata;
            const shown = op !== "same" && !isDefaultProvider(urn);
            const [before, after] = [metadata.old?.inputs, metadata.new?.inputs];
            return shown
                ? [
                      {
                          ...{ op, urn, diffs: paths(detailedDiff) ?? diffs ?? [] },
                          ...(before === undefined ? {} : { before }),
                          ...(after === undefined ? {} : { after }),
                      },
                  ]
                : [];
        }),
    };
}

function paths(detailed: Record<string, unknown> | null | undefined): string[] | undefined {
    const keys = Object.keys(detailed ?? {});
    return keys.length === 0 ? undefined : keys;
}

/** Providers that Pulumi makes by itself; it does not count them either. */
function isDefaultProvider(urn: string): boolean {
    return /::pulumi:providers:[^:]+::default(_|$)/.test(urn);
}

/** Pulumi's colour directives, e.g. `<{%reset%}>`, and terminal codes. */
function withoutColours(message: string): string {
    return message.replace(/<\{[^}]*\}>|\u001b\[[0-9;]*m/g, "").trim();
}
