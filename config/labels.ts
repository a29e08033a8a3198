const word = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const domain = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** Says whether Kubernetes takes a text as the name of a label or the key of a taint: NAME, or DOMAIN/NAME. */
export function isLabelName(text: string): boolean {
    const [name = "", prefix, ...more] = text.split("/").reverse();
    const isPrefix = prefix === undefined || (prefix.length <= 253 && domain.test(prefix));
    return more.length === 0 && isPrefix && word.test(name);
}

/** Says whether Kubernetes takes a text as the value of a label or a taint; it may be empty. */
export function isLabelValue(text: string): boolean {
    return text === "" || word.test(text);
}
