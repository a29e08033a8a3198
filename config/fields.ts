import { domainToASCII } from "node:url";
import { closest, distance } from "fastest-levenshtein";
import * as z from "zod";

/** Joins what is wanted and an example into one message; `report` takes them apart again. */
export const separator = "\u0000";

/** The error of a field: what it is instead of what is wanted. `hidden` keeps a secret out of the message. */
export function wanted(what: string, example: string, hidden = false) {
    return (issue: { input?: unknown }): string => {
        const value =
            issue.input === undefined
                ? "is missing; it must be"
                : hidden
                  ? "is not"
                  : `${brief(JSON.stringify(issue.input))} is not`;
        return `${value} ${what}${separator}${example}`;
    };
}

/** Shortens JSON, without what JSON has as it is and a terminal obeys. */
function brief(json: string): string {
    const shown = json.replaceAll(/\p{C}/gu, "?");
    return shown.length > 80 ? `${shown.slice(0, 79)}…` : shown;
}

export function text(pattern: RegExp, what: string, example: string, hidden = false) {
    const error = wanted(what, example, hidden);
    return z.string({ error }).regex(pattern, { error });
}
export function check(
    test: (value: string) => boolean,
    what: string,
    example: string,
    hidden = false,
) {
    const error = wanted(what, example, hidden);
    return z.string({ error }).refine(test, { error });
}
/** What is wrong with a value, said after it, and what is right instead where that is known better than by an example. */
export interface Flaw {
    readonly wrong: string;
    readonly right?: string;
    /** The value as it may be shown. @default as it is */
    readonly shown?: string;
}

/** A text in which `flawOf` finds nothing wrong: for mistakes that people make, each with its own way out, which shows nothing of a secret. */
export function flawless(
    flawOf: (value: string) => Flaw | undefined,
    what: string,
    example: string,
    hidden = false,
) {
    return z.string({ error: wanted(what, example, hidden) }).check(({ value, issues }) => {
        const flaw = flawOf(value);
        if (flaw) {
            const { wrong, right = example, shown = value } = flaw;
            const told = hidden ? "" : `${brief(JSON.stringify(shown))} `;
            const message = `${told}${wrong}${separator}${right}`;
            issues.push({ code: "custom", input: value, message });
        }
    });
}
export const whole = (min: number, max: number, what: string, example: string) => {
    const error = wanted(what, example);
    return z.int({ error }).min(min, { error }).max(max, { error });
};
export const list = <T extends z.ZodType>(entry: T, example: string) =>
    z.array(entry, { error: wanted("a list", example) });
/** A map of exactly these fields. */
export const fields = <T extends z.core.$ZodLooseShape>(shape: T, example: string) => {
    const known = Object.keys(shape);
    const error = wanted(`a map of ${known.join(", ")}`, example);
    return z.strictObject(shape, {
        error: (issue) =>
            issue.code === "unrecognized_keys"
                ? `has no field ${unknownFields(issue.keys as readonly string[], known)}${separator}${example}`
                : error(issue),
    });
};
export const flag = (example: string) => z.boolean({ error: wanted("true or false", example) });

/** A field of cloudflared's that no route may have. @param usual its default, which many list */
export const refused = (why: string, right: string, usual?: unknown) =>
    z
        .undefined({
            error: ({ input }) =>
                usual !== undefined && input === usual
                    ? `is refused: ${JSON.stringify(usual)} is what cloudflared does anyway${separator}leave it out`
                    : `is refused: ${why}${separator}${right}`,
        })
        .optional();

/** One of a few words. */
export const choice = <const T extends readonly string[]>(words: T, example: string) =>
    z.enum(words, { error: wanted(`one of ${words.join(", ")}`, example) });

/** Lower case and punycode, as DNS and cloudflared compare names. */
export const hostname = (what: string, example: string, wildcard: boolean) =>
    check((name) => isHostname(name, wildcard), what, example).transform((name) =>
        asciiHostname(name),
    );

/** The unknown names, each with the known one that was probably meant. */
function unknownFields(names: readonly string[], known: readonly string[]): string {
    return names.map((name) => `"${name}"${didYouMean(name, known)}`).join(", ");
}

/** ` (did you mean "…"?)`, or nothing when no known name is near. */
export function didYouMean(name: string, known: readonly string[]): string {
    const near = closest(name.toLowerCase(), [...known]);
    const typos = distance(name.toLowerCase(), near.toLowerCase());
    return typos <= Math.max(2, name.length / 3) ? ` (did you mean "${near}"?)` : "";
}

/** A hostname in lower case and punycode. */
export function asciiHostname(name: string): string {
    const wildcard = name.startsWith("*.") ? "*." : "";
    return wildcard + domainToASCII(name.slice(wildcard.length));
}

/** Tells whether a name has labels of letters, digits, dashes and underscores, also in other scripts; two of them unless told. */
export function isHostname(name: string, wildcard: boolean, fewest = 2): boolean {
    const ascii = asciiHostname(name);
    const labels = (wildcard && ascii.startsWith("*.") ? ascii.slice(2) : ascii).split(".");
    return (
        // Node reads a host off the beginning of an address.
        !/[/?#:@\\]/.test(name) &&
        ascii.length <= 253 &&
        labels.length >= fewest &&
        labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$/.test(label))
    );
}

/** What Pulumi.yaml has as the default of a map that may be left out. */
export function isEmptyMap(value: unknown): boolean {
    return (
        typeof value === "object" &&
        value !== null &&
        Object.keys(value).length === 0 &&
        !Array.isArray(value)
    );
}
