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

/**
 * Reads a text as Telegram reads it with parse_mode HTML.
 * @throws ParseError for what Telegram refuses
 */
export function parseHtml(source: string): Parsed {
    const entities: Entity[] = [];
    const open: { tag: string; offset: number; url?: string }[] = [];
    let text = "";
    // A tag, a lone "<", an entity, or anything else.
    for (const match of source.matchAll(/<[^<>]*>|<|&#?\w+;|[^<&]+|&/g)) {
        const [part] = match;
        if (part.startsWith("&") && part.length > 1) {
            text += decoded(part);
        } else if (!part.startsWith("<")) {
            text += part;
        } else {
            const at = Buffer.byteLength(source.slice(0, match.index));
            if (!part.endsWith(">")) {
                throw new ParseError(`Unclosed start tag at byte offset ${at}`);
            }
            if (part.startsWith("</")) {
                const began = close(part.slice(2, -1).trim().toLowerCase(), at, open);
                const { tag, offset, ...more } = began;
                const length = text.length - offset;
                if (length > 0) {
                    entities.push({ type: tags[tag] ?? tag, offset, length, ...more });
                }
            } else {
                open.push({ ...start(part, at), offset: text.length });
            }
        }
    }
    const left = open.pop();
    if (left !== undefined) {
        throw new ParseError(`Can't find end tag corresponding to start tag "${left.tag}"`);
    }
    return { text, entities };
}

function start(part: string, at: number): { tag: string; url?: string } {
    const [, name = "", attributes = ""] = /^<\s*([^\s>]*)([^>]*)>$/.exec(part) ?? [];
    const tag = name.toLowerCase();
    if (!Object.hasOwn(tags, tag)) {
        throw new ParseError(`Unsupported start tag "${tag}" at byte offset ${at}`);
    }
    const url = tag === "a" ? /href\s*=\s*"([^"]*)"/i.exec(attributes)?.[1] : undefined;
    return { tag, ...(url === undefined ? {} : { url: url.replaceAll(/&#?\w+;/g, decoded) }) };
}

function close(tag: string, at: number, open: { tag: string; offset: number; url?: string }[]) {
    const last = open.pop();
    if (last === undefined) {
        throw new ParseError(`Unexpected end tag at byte offset ${at}`);
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
