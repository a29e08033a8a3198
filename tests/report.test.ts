import assert from "node:assert/strict";
import { checkTable } from "../lab/report";

describe("checkTable", () => {
    const check = (name: string, ok = true) => ({ name, ok, detail: "seen\nand more of it" });
    const many = Array.from({ length: 50 }, (_, index) => check(`check-${index}.`));

    it("shows a line for each of a few", () => {
        const lines = checkTable([check("first"), check("second", false)]).split("\n");
        assert.equal(lines.length, 3);
        assert.match(lines[2] ?? "", /FAILED +second +seen/);
    });

    it("shows what a screen holds of many, and counts the rest", () => {
        const text = checkTable(many);
        assert.match(text, /check-19\./);
        assert.doesNotMatch(text, /check-20\./);
        assert.match(text, /ok +and 30 more/);
    });

    it("leaves out nothing that failed, however much it is", () => {
        const failed = many.map(({ name }) => check(name, false));
        const text = checkTable([...many, ...failed]);
        assert.equal(text.match(/FAILED/g)?.length, 50);
        assert.match(text, /ok +and 50 more/);
    });
});
