import * as z from "zod";
import { withoutParts, type Step } from "./step";

/** The parts of `pulumi preview --json` that are read here. */
const state = z.object({ inputs: z.record(z.string(), z.unknown()).optional() }).optional();
const preview = z.object({
    steps: z
        .array(
            z.object({
                op: z.string(),
                urn: z.string(),
                oldState: state,
                newState: state,
                detailedDiff: z.record(z.string(), z.unknown()).nullish(),
                diffReasons: z.array(z.string()).nullish(),
            }),
        )
        .optional(),
    diagnostics: z
        .array(z.object({ severity: z.string().optional(), message: z.string().optional() }))
        .nullish(),
});

/**
 * The steps of `pulumi preview --json`.
 * @throws when the text is none of its output, or is of a preview that failed: it has the steps up to there only
 */
export function readPreview(text: string): Step[] {
    const { steps, diagnostics } = digest(text);
    const errors = (diagnostics ?? []).filter(({ severity }) => severity === "error");
    if (errors.length > 0) {
        const why = errors.map(({ message = "" }) => message.trim()).join("\n");
        throw new Error(`The preview failed, so what it would change is not known: ${why}`);
    }
    return withoutParts(steps).map(
        ({ op, urn, oldState, newState, detailedDiff, diffReasons }) => ({
            ...{ op, urn, diffs: paths(detailedDiff) ?? diffReasons ?? [] },
            ...(oldState?.inputs === undefined ? {} : { before: oldState.inputs }),
            ...(newState?.inputs === undefined ? {} : { after: newState.inputs }),
        }),
    );
}

function digest(text: string) {
    try {
        const { steps, diagnostics } = preview.parse(JSON.parse(text));
        if (steps === undefined && (diagnostics ?? []).length === 0) {
            throw new Error('it has no "steps"');
        }
        return { steps: steps ?? [], diagnostics };
    } catch (error) {
        throw new Error(
            `This is not what \`pulumi preview --json\` prints: ${(error as Error).message}\nRun \`pulumi preview --json | npm run -s impact\`.`,
            { cause: error },
        );
    }
}

function paths(detailed: Readonly<Record<string, unknown>> | null | undefined) {
    const keys = Object.keys(detailed ?? {});
    return keys.length === 0 ? undefined : keys;
}
