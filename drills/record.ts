import { z } from "zod";

const seconds = z.number().nonnegative();

const milestone = z.object({
    /** What came back: "SSH", "mount", "API", "tunnel", "first public 200"… */
    name: z.string().min(1),
    /** The Pi's name; absent for what concerns the whole house. */
    host: z.string().min(1).optional(),
    /** Seconds since `zero`; null when it was not reached. */
    at: seconds.nullable(),
    /** Seconds since `zero` after which the drill fails. */
    limit: seconds,
    /** Only where coming back would be wrong: the seed's design must wait for ever. */
    expected: z.literal("never").optional(),
});

/** What one run of a drill left behind, as it stands in its file. */
const drillRecord = z.object({
    version: z.literal(1),
    /** The drill's name: "cold", "recreate", "seed"… */
    drill: z.string().min(1),
    /** A figure measured in the lab is never shown as one of a home. */
    where: z.enum(["lab", "home"]),
    stack: z.string().min(1),
    /** ISO 8601, UTC. */
    begun: z.iso.datetime(),
    /** What second 0 of the milestones is, "power on" for example. */
    zero: z.string().min(1),
    /** Of the whole drill, preparation and restoring included. */
    seconds,
    verdict: z.enum(["passed", "failed", "interrupted", "refused"]),
    /** Sentences; empty when the drill passed. */
    problems: z.array(z.string()).readonly(),
    milestones: z.array(milestone.readonly()).readonly(),
    checks: z
        .array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() }).readonly())
        .readonly(),
    /** Of a cold start: the least that this power-on could have taken. */
    floor: z
        .object({ parts: z.array(z.object({ name: z.string(), seconds }).readonly()).readonly() })
        .readonly()
        .optional(),
    /** What the result rested on: preloaded images, stand-ins. */
    rested: z.array(z.string()).readonly(),
    /** Drill `seed`: whether the seed's design hung, which is what it is expected to do. */
    deadlocked: z.boolean().optional(),
});

export type DrillRecord = Readonly<z.infer<typeof drillRecord>>;
export type Check = DrillRecord["checks"][number];
export type Milestone = DrillRecord["milestones"][number];

/** The milestone by which a house is said to be back: a visitor got an answer through the edge. */
export const firstPublic = "first public 200";

/**
 * Reads the text of a record.
 * @param file where the text stands, for the message
 * @throws when it is not JSON, is of another version, or a field is missing or of another kind
 */
export function parseRecord(text: string, file: string): DrillRecord {
    let value: unknown;
    try {
        value = JSON.parse(text);
    } catch {
        throw new Error(
            `${file} is not JSON: was it cut short or edited? Move it away; other runs are kept.`,
        );
    }
    const { success, data: stated } = z.object({ version: z.unknown() }).safeParse(value);
    if (success && stated.version !== undefined && stated.version !== 1) {
        throw new Error(
            `${file} is a drill record of version ${JSON.stringify(stated.version)}, and this Rekindle reads ` +
                "version 1: read it with the Rekindle that wrote it, or move it away.",
        );
    }
    const { data, error } = drillRecord.safeParse(value);
    if (error) {
        const [issue] = error.issues;
        const key =
            issue === undefined || issue.path.length === 0 ? "the whole" : issue.path.join(".");
        throw new Error(
            `${file} is not a drill record: ${key}: ${issue?.message ?? "unreadable"}. Move it away.`,
        );
    }
    return data;
}
