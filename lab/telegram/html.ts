/** A part of a message that is shown differently; places count UTF-16 units, as in Telegram's own answers. */
export interface Entity {
    readonly type: string;
    readonly offset: number;
    readonly length: number;
    readonly url?: string;
}

export interface Parsed {
    readonly text: string;
    readonly entities: readonly Entity[];
}

/** What Telegram answers to a text that it cannot read; its own words, after "Bad Request: can't parse entities: ". */
export class ParseError extends Error {}

/** The tags of core.telegram.org/bots/api#html-style, and what each is called among the entities. */
const tags: Readonly<Record<string, string>> = {
    ...{ b: "bold", strong: "bold", i: "italic", em: "italic", u: "underline", ins: "underline" },
    ...{ s: "strikethrough", strike: "strikethrough", del: "strikethrough" },
    ...{ a: "text_link", code: "code", pre: "pre", blockquote: "blockquote" },
    ...{ span: "spoiler", "tg-spoiler": "spoiler", "tg-emoji": "custom_emoji" },
};
const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"' };

/** Telegram's white space, and an attribute with its value: in quotes of either kind, a bare word, or none. */
const attribute = /\s+([^\s=>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9.-]+)(?=[\s>])))?/g;
const startTag = new RegExp(`<([^\\s>]*)((?:${attribute.source})*)\\s*>`, "y");
const endTag = /<\/([^\s>]*)\s*>/y;

interface Open {
    readonly tag: string;
    readonly offset: number;
    readonly url?: string;
}

/**
 * Reads a text as Telegram reads it with parse_mode HTML.
 * @throws ParseError for what Telegram refuses
 */
export function parseHtml(source: string): Parsed {
    const entities: Entity[] = [];
    const open: Open[] = [];
    let text = "";
    let place = 0;
    const next = (pattern: RegExp) => {
        pattern.lastIndex = place;
        return pattern.exec(source);
    };
    while (place < source.length) {
        const at = Buffer.byteLength(source.slice(0, place));
        const [read = ""] = next(/[^<&]+|&#?\w+;|&|/y) ?? [];
        if (read !== "") {
            text += read.startsWith("&") ? decoded(read) : read;
            place += read.length;
        } else if (source[place + 1] === "/") {
            const found = next(endTag);
            const { tag, offset, ...more } = close(found?.[1]?.toLowerCase(), at, open);
            const length = text.length - offset;
            if (length > 0) {
                entities.push({ type: tags[tag] ?? tag, offset, length, ...more });
            }
            place = endTag.lastIndex;
        } else {
            open.push({ ...start(next(startTag), source.slice(place), at), offset: text.length });
            place = startTag.lastIndex;
        }
    }
    const left = open.pop();
    if (left !== undefined) {
        throw new ParseError(`Can't find end tag corresponding to start tag "${left.tag}"`);
    }
    return { text, entities };
}

/** @param rest the text from its "<" on */
function start(found: RegExpExecArray | null, rest: string, at: number): Omit<Open, "offset"> {
    const [whole = "", name = ""] = /^<([^\s>]*)/.exec(rest) ?? [];
    const tag = name.toLowerCase();
    if (whole.length < rest.length && !Object.hasOwn(tags, tag)) {
        throw new ParseError(`Unsupported start tag "${tag}" at byte offset ${at}`);
    }
    if (found === null) {
        throw new ParseError(`Unclosed start tag at byte offset ${at}`);
    }
    const attributes = Object.fromEntries(
        [...(found[2] ?? "").matchAll(attribute)].map(([, key = "", double, single, bare]) => [
            key.toLowerCase(),
            (double ?? single ?? bare ?? "").replaceAll(/&#?\w+;/g, decoded),
        ]),
    );
    if (tag === "span" && attributes["class"] !== "tg-spoiler") {
        throw new ParseError(`Tag "span" must have class "tg-spoiler" at byte offset ${at}`);
    }
    const url = tag === "a" ? attributes["href"] : undefined;
    return { tag, ...(url === undefined ? {} : { url }) };
}

/** @param tag undefined when it is not closed; "" closes any */
function close(tag: string | undefined, at: number, open: Open[]): Open {
    const last = open.pop();
    if (last === undefined) {
        throw new ParseError(`Unexpected end tag at byte offset ${at}`);
    }
    if (tag === undefined) {
        throw new ParseError(`Unclosed end tag at byte offset ${at}`);
    }
    if (tag !== "" && tag !== last.tag) {
        throw new ParseError(
            `Unmatched end tag at byte offset ${at}, expected "</${last.tag}>", found "</${tag}>"`,
        );
    }
    return last;
}

/** The character of an entity; one that Telegram does not know stays as it is. */
function decoded(entity: string): string {
    const name = entity.slice(1, -1);
    const number = /^#(?:x([0-9a-f]+)|(\d+))$/i.exec(name);
    if (number === null) {
        return named[name] ?? entity;
    }
    const [, hex, decimal] = number;
    const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : entity;
}
