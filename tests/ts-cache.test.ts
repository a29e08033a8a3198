import assert from "node:assert/strict";
import { createRequire } from "node:module";

interface Translated {
    readonly outputText: string;
}
interface Transpiler {
    transpile(text: string, options: { readonly fileName: string }): Translated;
}
interface TsCache {
    readonly create: (options: {
        readonly service: { readonly config: { readonly options: object } };
    }) => Transpiler;
}

const { create } = createRequire(__filename)("../ts-cache.cjs") as TsCache;
const transpiler = () => create({ service: { config: { options: { target: 9 } } } });
const fileName = `/program/${Date.now()}.ts`;

describe("ts-cache.cjs", () => {
    it("translates a file, and gives the same again from the cache", () => {
        const text = `export const a: number = ${Date.now()};`;
        const first = transpiler().transpile(text, { fileName });
        assert.match(first.outputText, /exports\.a = \d+;/);
        assert.equal(transpiler().transpile(text, { fileName }).outputText, first.outputText);
    });

    it("translates again when the text changed", () => {
        const of = (value: number) =>
            transpiler().transpile(`export const b = ${value};`, { fileName }).outputText;
        assert.match(of(1), /b = 1/);
        assert.match(of(2), /b = 2/);
    });

    it("names the file and the fault of a text that is no TypeScript, each time", () => {
        for (const attempt of [1, 2]) {
            assert.throws(
                () => transpiler().transpile("export const = 1;", { fileName }),
                /program.*\.ts.*TS1134|Variable declaration expected/s,
                String(attempt),
            );
        }
    });
});
