import * as z from "zod";
import { fields, flawless, list, refused, separator, text, wanted, type Flaw } from "./fields";

const teamExample = "teamName: my-team";
const tagExample = `audTag: [${"0123456789abcdef".repeat(4)}]`;
const example = `access: { required: true, ${teamExample}, ${tagExample} }`;

/** Lets those requests through only that passed Cloudflare Access; cloudflared checks their token itself. */
export const access = fields(
    {
        required: z.boolean({
            error: ({ input }) =>
                input === undefined
                    ? `is missing: cloudflared lets everybody through without it${separator}required: true`
                    : wanted("true or false", "required: true")({ input }),
        }),
        teamName: flawless(teamFlaw, "the name of a Zero Trust team", teamExample).optional(),
        audTag: list(
            text(
                /^[0-9a-f]{64}$/,
                "an application's audience tag (AUD, 64 hexadecimal digits)",
                tagExample,
            ),
            tagExample,
        ).optional(),
        environment: refused(
            "it is for the US government's Cloudflare, which no home has",
            "leave it out",
        ),
    },
    example,
).check(({ value, issues }) => {
    const missing = (field: string, why: string, right: string) => {
        const message = `is missing: ${why}${separator}${right}`;
        issues.push({ code: "custom", input: value, path: [field], message });
    };
    if (value.required && value.teamName === undefined) {
        missing("teamName", "without it cloudflared refuses every request", teamExample);
    }
    if (value.required && (value.audTag ?? []).length === 0) {
        missing("audTag", "without one cloudflared refuses every request", tagExample);
    }
});

function teamFlaw(name: string): Flaw | undefined {
    if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
        return undefined;
    }
    const [, own] =
        /^(?:https:\/\/)?([a-z0-9-]+)\.cloudflareaccess\.com\/?$/i.exec(name) ??
        /^([a-z0-9-]+)$/i.exec(name) ??
        [];
    return {
        wrong: "is not the name of a Zero Trust team, the first part of NAME.cloudflareaccess.com",
        ...(own === undefined ? {} : { right: `teamName: ${own.toLowerCase()}` }),
    };
}
