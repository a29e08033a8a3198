import assert from "node:assert/strict";
import { countsOf } from "./side-by-side";

describe("groups of tests side by side", () => {
    it("counts what the closing line says", () => {
        assert.deepEqual(countsOf("  ✔ one\n\n12 passed, 0 failed\n", 0), {
            passed: 12,
            failed: 0,
        });
        assert.deepEqual(countsOf("11 passed, 2 failed\n", 1), { passed: 11, failed: 2 });
    });

    it("counts a group as failed that did not get to its end, or ended badly all the same", () => {
        assert.deepEqual(countsOf("  ✔ one\n", null), { passed: 0, failed: 1 });
        assert.deepEqual(countsOf("  ✔ one\n", 0), { passed: 0, failed: 1 });
        assert.deepEqual(countsOf("12 passed, 0 failed\n", 1), { passed: 12, failed: 1 });
        assert.deepEqual(countsOf("12 passed, 0 failed\n", null), { passed: 12, failed: 1 });
    });
});
