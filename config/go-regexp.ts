import { classFlaw, escapeLength, isUnicodeClass, unicodeClass } from "./go-regexp-parts";

/** What a group that is still open had before it, and how often its parts repeat. */
interface Group {
    readonly hadOperand: boolean;
    readonly before: number;
}

/**
 * Finds what keeps Go from compiling a regular expression; undefined where nothing does. Go's syntax is RE2's (regexp/syntax in Go 1.26),
 * and cloudflared does not start with an expression that Go refuses.
 */
export function goRegexpFlaw(pattern: string): string | undefined {
    const groups: Group[] = [];
    const names = new Set<string>();
    /** Whether the last thing read can be repeated. */
    let hasOperand = false;
    /** Whether the last thing read was a repetition, which cannot be repeated. */
    let isRepeated = false;
    /** How often the innermost part of this group is repeated, and of the operand before the cursor; Go allows 1,000. */
    let times = 1;
    let operandTimes = 1;
    for (let at = 0; at < pattern.length;) {
        const rest = pattern.slice(at);
        const [repeat = ""] = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(rest) ?? [];
        if (repeat !== "") {
            const most = mostTimes(repeat);
            if (most === undefined) {
                return `${repeat} repeats more than 1000 times, or fewer times at most than at least`;
            }
            if (!hasOperand) {
                return `${repeat} has nothing before it to repeat`;
            }
            if (isRepeated) {
                return `${repeat} repeats what is repeated already`;
            }
            operandTimes *= Math.max(1, most);
            if (operandTimes > 1000) {
                return `${repeat} repeats a part more than 1000 times in all`;
            }
            times = Math.max(times, operandTimes);
            isRepeated = true;
            at += repeat.length;
            continue;
        }
        isRepeated = false;
        if (rest.startsWith("(?")) {
            const opening = openingOf(rest, names);
            if ("flaw" in opening) {
                return opening.flaw;
            }
            at += opening.length;
            if (opening.opens) {
                groups.push({ hadOperand: hasOperand, before: times });
                [hasOperand, times] = [false, 1];
            }
            continue;
        }
        const [first = ""] = rest;
        at += first.length;
        if (first === "(") {
            groups.push({ hadOperand: hasOperand, before: times });
            [hasOperand, times] = [false, 1];
            continue;
        }
        if (first === "|") {
            hasOperand = false;
            continue;
        }
        if (first === ")") {
            const group = groups.pop();
            if (group === undefined) {
                return "a ) has no ( before it";
            }
            operandTimes = times;
            times = Math.max(times, group.before);
            hasOperand = true;
            continue;
        }
        operandTimes = 1;
        if (first === "[") {
            const read = classFlaw(rest);
            if (read.flaw !== undefined) {
                return read.flaw;
            }
            at += read.length - 1;
        } else if (first === "\\") {
            const quoted = /^\\Q([\s\S]*?)(?:\\E|$)/.exec(rest);
            const length = quoted?.[0].length ?? operandLength(rest);
            if (length === undefined) {
                return escapeFlaw(rest);
            }
            at += length - 1;
            if (quoted?.[1] === "") {
                continue;
            }
        }
        hasOperand = true;
    }
    return groups.length === 0 ? undefined : "a ( has no ) behind it";
}

/** The most repetitions that an operator asks for; undefined when Go allows none of them. */
function mostTimes(repeat: string): number | undefined {
    const [, least, most = ""] = /^\{(\d+)(?:,(\d*))?\}/.exec(repeat) ?? [];
    if (least === undefined) {
        return 1;
    }
    const [from, to] = [Number(least), Number(most === "" ? least : most)];
    return from <= 1000 && to <= 1000 && from <= to ? to : undefined;
}

/** Reads `(?…` as far as what it means to the expression behind it. */
function openingOf(
    rest: string,
    names: Set<string>,
): { readonly flaw: string } | { readonly length: number; readonly opens: boolean } {
    const named = /^\(\?P?<(\w+)>/.exec(rest);
    if (named) {
        const [whole, name = ""] = named;
        if (names.has(name)) {
            return { flaw: `two groups are named ${name}` };
        }
        names.add(name);
        return { length: whole.length, opens: true };
    }
    const flags = /^\(\?[imsU]*(?:-[imsU]+)?([:)])/.exec(rest);
    if (flags) {
        return { length: flags[0].length, opens: flags[1] === ":" };
    }
    const [opening = "(?"] = /^\(\?(?:<?[=!]|>|#|P[=>]|&|\||R|\d|.)?/.exec(rest) ?? [];
    const known: Readonly<Record<string, string>> = {
        ...{ "(?=": "a lookahead", "(?!": "a negative lookahead" },
        ...{ "(?<=": "a lookbehind", "(?<!": "a negative lookbehind" },
        ...{ "(?>": "an atomic group", "(?#": "a comment", "(?P=": "a backreference" },
    };
    const what = known[opening];
    return {
        flaw: what === undefined ? `${opening} begins no group` : `it has no ${opening}, ${what}`,
    };
}

/** How long an escape is that something may stand for; undefined when Go knows none like it. */
function operandLength(rest: string): number | undefined {
    if (/^\\[AzbBdDsSwW]/.test(rest)) {
        return 2;
    }
    const [found] = unicodeClass.exec(rest) ?? [];
    if (found !== undefined) {
        return isUnicodeClass(found) ? found.length : undefined;
    }
    return escapeLength(rest);
}

function escapeFlaw(rest: string): string {
    if (rest === "\\") {
        return "a backslash has nothing behind it";
    }
    const [escape = ""] = /^\\(?:[pP]\{[^}]*\}|k(?:<\w+>)?|.)/su.exec(rest) ?? [];
    return /^\\(?:[1-9]|k)/.test(escape)
        ? `it has no ${escape}, a backreference`
        : `it knows no ${escape}`;
}
