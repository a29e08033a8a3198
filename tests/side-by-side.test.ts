import assert from "node:assert/strict";
import { outcomeOf } from "./side-by-side";

const told = (passed: number, failed: number) => ({
    ...{ group: "volume", seconds: 8, took: [], failures: [] },
    ...{ passed, failed },
});

describe("groups of tests side by side", () => {
    it("count what they report", () => {
        assert.deepEqual(outcomeOf("volume", 9, told(12, 0), 0), told(12, 0));
        assert.deepEqual(outcomeOf("volume", 9, told(11, 2), 1), told(11, 2));
    });

    it("count as failed when they report nothing, or end badly all the same", () => {
        for (const exit of [null, 0]) {
            const { passed, failed } = outcomeOf("volume", 9, undefined, exit);
            assert.deepEqual([passed, failed], [0, 1]);
        }
        for (const exit of [null, 1]) {
            const { failures, ...counts } = outcomeOf("volume", 9, told(12, 0), exit);
            assert.deepEqual({ ...counts, failures: [] }, told(12, 1));
            assert.match(failures[0]?.reason ?? "", /its tests passed, and it ended badly/);
        }
    });
});
