const posixClasses =
    /^\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]/;
/** `\pL`, `\p{Greek}`, `\P{^Lu}`, as long as they may be. */
export const unicodeClass = /^\\[pP](?:\{\^?\w+\}|[A-Z])/;

/** Tells whether Unicode has the category or script that an escape names; JavaScript knows the same ones. */
export function isUnicodeClass(escape: string): boolean {
    const name = escape.replace(/^\\[pP]\{?\^?|\}$/g, "");
    return name === "Any" || compiles(`\\p{gc=${name}}`) || compiles(`\\p{sc=${name}}`);
}

function compiles(pattern: string): boolean {
    try {
        return new RegExp(pattern, "u").flags === "u";
    } catch {
        return false;
    }
}

/** Returns how long an escape for one character is; undefined when Go has none like it. */
export function escapeLength(rest: string): number | undefined {
    const [found] =
        // Octal; a single digit from 1 to 9 would be a backreference.
        /^\\(?:[1-7][0-7]{1,2}|0[0-7]{0,2})/.exec(rest) ??
        /^\\x(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]+\})/.exec(rest) ??
        /^\\[afnrtv]/.exec(rest) ??
        /^\\[!-/:-@[-`{-~ ]/.exec(rest) ??
        [];
    const code = /^\\x\{(.+)\}$/.exec(found ?? "")?.[1];
    return code !== undefined && parseInt(code, 16) > 0x10ffff ? undefined : found?.length;
}

/** Reads a class of characters, which begins with [: how long it is, or what is wrong with it. */
export function classFlaw(rest: string): { readonly length: number; readonly flaw?: string } {
    const open = { length: 0, flaw: "a [ has no ] behind it" };
    let at = rest.startsWith("[^") ? 2 : 1;
    for (let isFirst = true; isFirst || rest[at] !== "]"; isFirst = false) {
        if (at >= rest.length) {
            return open;
        }
        const inner = rest.slice(at);
        if (inner.startsWith("[:") && inner.includes(":]", 2)) {
            const [found] = posixClasses.exec(inner) ?? [];
            if (found === undefined) {
                const name = inner.slice(0, inner.indexOf(":]", 2) + 2);
                return { length: 0, flaw: `it knows no class ${name}` };
            }
            at += found.length;
            continue;
        }
        const [many] = unicodeClass.exec(inner) ?? /^\\[dDsSwW]/.exec(inner) ?? [];
        if (many !== undefined && (/^\\[dsw]$/i.test(many) || isUnicodeClass(many))) {
            at += many.length;
            continue;
        }
        const from = characterIn(inner);
        if (from === undefined) {
            return { length: 0, flaw: `it knows no ${inner.slice(0, 2)} within [ ]` };
        }
        at += from;
        if (rest[at] === "-" && at + 1 < rest.length && rest[at + 1] !== "]") {
            const to = characterIn(rest.slice(at + 1));
            const [first, last] = [inner.slice(0, from), rest.slice(at + 1, at + 1 + (to ?? 0))];
            if (to === undefined || valueOf(first) > valueOf(last)) {
                return { length: 0, flaw: `${first}-${last || "\\"} is no range of characters` };
            }
            at += 1 + to;
        }
    }
    return { length: at + 1 };
}

/** How long one character of a class is as it is written. */
function characterIn(text: string): number | undefined {
    return text.startsWith("\\")
        ? escapeLength(text)
        : String.fromCodePoint(text.codePointAt(0) ?? 0).length;
}

/** The code of a character as it is written. */
function valueOf(written: string): number {
    const letters = "afnrtv";
    const named = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
    const [, hex] = /^\\x\{?([0-9A-Fa-f]+)/.exec(written) ?? [];
    if (hex !== undefined) {
        return parseInt(hex, 16);
    }
    const [, octal] = /^\\([0-7]+)$/.exec(written) ?? [];
    if (octal !== undefined) {
        return parseInt(octal, 8);
    }
    const plain = written.replace(/^\\(?=.)/su, "");
    return written.length > 1 && written.startsWith("\\") && letters.includes(plain)
        ? named[plain as keyof typeof named]
        : (plain.codePointAt(0) ?? 0);
}
