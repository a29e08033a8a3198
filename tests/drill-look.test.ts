import assert from "node:assert/strict";
import { style } from "../drills/page/look";

describe("the report's look", () => {
    it("can be read in both colour schemes: 4.5 to 1 between any text and ground", () => {
        const schemes = [...style.matchAll(/:root \{([^}]*)\}/g)].map(([, body = ""]) =>
            Object.fromEntries(
                [...body.matchAll(/--(\w+): #(\w+)/g)].map(([, key = "", hex = ""]) => [key, hex]),
            ),
        );
        assert.equal(schemes.length, 3);
        for (const scheme of schemes) {
            for (const ground of ["ground", "card"]) {
                for (const colour of ["text", "quiet", "good", "bad", "held", "link"]) {
                    const ratio = contrast(scheme[colour] ?? "", scheme[ground] ?? "");
                    assert.ok(ratio >= 4.5, `${colour} on ${ground}: ${ratio.toFixed(2)}`);
                }
                for (const line of ["bar", "limit"]) {
                    assert.ok(contrast(scheme[line] ?? "", scheme[ground] ?? "") >= 3, line);
                }
            }
        }
    });
});

/** WCAG's contrast ratio of two colours in hexadecimal. */
function contrast(one: string, other: string): number {
    const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
}

function luminance(hex: string): number {
    const full = hex.length === 3 ? hex.replaceAll(/./g, "$&$&") : hex;
    const [red = 0, green = 0, blue = 0] = [0, 2, 4]
        .map((index) => parseInt(full.slice(index, index + 2), 16) / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
