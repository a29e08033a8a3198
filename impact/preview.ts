import * as z from "zod";
import type { Step } from "./step";

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
});

/** Two of the three steps of a replacement: "replace" itself speaks for all. */
const parts = ["create-replacement", "delete-replaced"];

/**
 * The steps of `pulumi preview --json`.
 * @throws when the text is none of its output
 */
export function readPreview(text: string): Step[] {
    try {
        const { steps } = preview.parse(JSON.parse(text));
        if (steps === undefined) {
            throw new Error('it has no "steps"');
        }
        return steps
            .filter(({ op }) => !parts.includes(op))
            .map(({ op, urn, oldState, newState, detailedDiff, diffReasons }) => ({
                ...{ op, urn, diffs: Object.keys(detailedDiff ?? {}) },
                ...(detailedDiff ? {} : { diffs: diffReasons ?? [] }),
                ...(oldState?.inputs === undefined ? {} : { before: oldState.inputs }),
                ...(newState?.inputs === undefined ? {} : { after: newState.inputs }),
            }));
    } catch (error) {
        throw new Error(
            `This is not what \`pulumi preview --json\` prints: ${(error as Error).message}\nRun \`pulumi preview --json | npm run -s impact\`; a preview that failed prints no steps.`,
            { cause: error },
        );
    }
}
