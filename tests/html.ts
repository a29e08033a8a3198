import { defaultTreeAdapter as tree, parse, type DefaultTreeAdapterTypes } from "parse5";

export type Element = DefaultTreeAdapterTypes.Element;

export interface Parsed {
    /** Every element, in the order of the document. */
    readonly elements: readonly Element[];
    /** What the HTML standard calls parse errors. */
    readonly errors: readonly string[];
}

/** Reads a page by the HTML standard's own rules. */
export function parsed(html: string): Parsed {
    const errors: string[] = [];
    const document = parse(html, { onParseError: ({ code }) => errors.push(code) });
    return { elements: below(document), errors };
}

/** Every element inside one, in order. */
export function below(node: DefaultTreeAdapterTypes.ParentNode): Element[] {
    return node.childNodes
        .filter((child) => tree.isElementNode(child))
        .flatMap((child) => [child, ...below(child)]);
}

export function attribute({ attrs }: Element, name: string): string | undefined {
    return attrs.find((one) => one.name === name)?.value;
}

/** The text of an element and all in it, with plain spaces. */
export function text(node: DefaultTreeAdapterTypes.ParentNode): string {
    return node.childNodes
        .map((child) =>
            tree.isTextNode(child) ? child.value : tree.isElementNode(child) ? text(child) : "",
        )
        .join("")
        .replaceAll("\u00a0", " ");
}

export const named = (elements: readonly Element[], tag: string): Element[] =>
    elements.filter(({ tagName }) => tagName === tag);

export const texts = (elements: readonly Element[], tag: string): string[] =>
    named(elements, tag).map(text);
