import assert from "node:assert/strict";
import { duration, remaining } from "../lab/progress";

describe("progress", () => {
    it("writes durations as people do", () => {
        assert.deepEqual([0.42, 12.3, 384, 59.6].map(duration), [
            "0.4 s",
            "12 s",
            "6 min 24 s",
            "1 min 0 s",
        ]);
    });

    it("estimates from earlier runs until the step's own fraction says more", () => {
        assert.equal(remaining(10, 400, 0), "about 6 min 30 s left");
        assert.equal(remaining(100, 400, 0.5), "50 %, about 1 min 40 s left");
    });

    it("admits that a step takes longer than usual", () => {
        assert.equal(remaining(60, 50, 0), "1 min 0 s so far, longer than usual");
    });
});
