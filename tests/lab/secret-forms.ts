/**
 * Every text under which a secret could stand somewhere: itself, as JSON, URL-encoded, in hexadecimal digits, and in base64
 * (also in the middle of a longer text, where it begins at any of three offsets).
 */
export function formsOf(secret: string): string[] {
    const bytes = Buffer.from(secret);
    const inBase64 = [0, 1, 2].map((offset) => {
        const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
        // The first and the last characters also hold bits of what stands around it.
        return text.slice(offset === 0 ? 0 : 4).replace(/.{1,4}$/, "");
    });
    return [
        ...new Set([
            secret,
            JSON.stringify(secret).slice(1, -1),
            encodeURIComponent(secret),
            bytes.toString("hex"),
            ...inBase64,
            ...inBase64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
        ]),
    ];
}

/** The names of the secrets that stand in a text in any form. */
export function secretsIn(text: string, secrets: Readonly<Record<string, string>>): string[] {
    return Object.entries(secrets)
        .filter(([, secret]) => formsOf(secret).some((form) => text.includes(form)))
        .map(([name]) => name);
}
