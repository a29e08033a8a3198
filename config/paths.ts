import { RE2JS, RE2JSSyntaxException } from "re2js";
import type { Flaw } from "./fields";

export const pathExample = "path: ^/api/";

/** Finds what is wrong with a route's path, a regular expression of Go's that cloudflared looks for anywhere in a request's path. */
export function pathFlaw(path: string): Flaw | undefined {
    if (path.trim() === "") {
        return {
            wrong: "is no path",
            right: `${pathExample}, or no path: the route then has every path`,
        };
    }
    // YAML cannot carry all of them to cloudflared as they are.
    if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\uFEFF\uFFFE\uFFFF]/u.test(path)) {
        return { wrong: "has a character in it that no path has", right: pathExample };
    }
    if (/^\^?[a-z][a-z0-9+.-]*:\/\//i.test(path)) {
        const own = path.replace(/^\^?[^:]*:\/\/[^/]*/, "");
        return {
            wrong: "is an address, and cloudflared compares the path alone",
            right: `path: ^${own === "" ? "/" : own}`,
        };
    }
    const flaw = goFlaw(path);
    if (flaw !== undefined) {
        return {
            wrong: `is no regular expression as cloudflared (Go) reads it: ${flaw}`,
            right: rightFor(path),
        };
    }
    const [, before = ""] = /^(.*?)\\?\?[\w.-]+=/.exec(path) ?? [];
    if (before !== "") {
        return {
            wrong: "has a query in it, and cloudflared compares the path alone",
            right: `path: ${before}`,
        };
    }
    return unmatchable(path);
}

/** Finds out of an expression that Go compiles whether no path of a request can match it, as far as its beginning shows. */
function unmatchable(path: string): Flaw | undefined {
    const [, early = ""] = /(?:^|[^\\[])\$([\w/.-].*)$/.exec(path) ?? [];
    if (early !== "" && !path.includes("[") && !path.includes("(?")) {
        return {
            wrong: "matches no request: $ is the end of the path",
            right: path.startsWith("$") ? `path: ^${early}` : pathExample,
        };
    }
    // With a quantifier or an alternative the letter may be left out.
    const [, flags = "", rest = ""] = /^(\(\?[imsU]+\))?\^(.*)$/.exec(path) ?? [];
    const [, alternatives = "", after = ""] =
        /^\((?:\?:)?([^()|]+(?:\|[^()|]+)*)\)(.*)$/.exec(rest) ?? [];
    const withoutSlash = (text: string) => /^[\w-](?![*?{])/.test(text);
    const isGroup = !/^[*?{]/.test(after) && alternatives.split("|").every(withoutSlash);
    const isFlawed =
        alternatives === ""
            ? withoutSlash(rest) && !rest.includes("|")
            : isGroup && !after.includes("|");
    return isFlawed
        ? {
              wrong: "matches no request: every path begins with a slash",
              right: `path: ${flags}^/${rest}`,
          }
        : undefined;
}

/** Says why Go does not compile an expression, in Go's own words: cloudflared would not start with it. Undefined where Go does. */
function goFlaw(path: string): string | undefined {
    try {
        RE2JS.compile(path);
        return undefined;
    } catch (error) {
        if (!(error instanceof RE2JSSyntaxException)) {
            throw error;
        }
        return error.message.replace(/^error parsing regexp: /, "");
    }
}

function rightFor(path: string): string {
    const [, ending] = /^\/?\*+(\.\w+)$/.exec(path) ?? [];
    if (ending !== undefined) {
        return `path: \\${ending}$`;
    }
    const [, folder] = /^\^?(\/[\w./-]*?)\/?\*\*+$/.exec(path) ?? [];
    if (folder !== undefined) {
        return `path: ^${folder}/`;
    }
    return /\(\?<?[=!]/.test(path)
        ? `${pathExample}; Go has no lookaheads: list the paths that are left out as a route of their own before it`
        : pathExample;
}
