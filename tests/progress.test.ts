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

    it("estimates from earlier runs, and the more from the step's own fraction the more of it is done", () => {
        assert.equal(remaining(10, 400, 0), "about 6 min 30 s left");
        // 2 % after 10 s would mean 8 minutes by itself: the earlier runs still weigh more.
        assert.equal(remaining(10, 400, 0.02), "2 %, about 6 min 32 s left");
        assert.equal(remaining(300, 400, 0.9), "90 %, about 40 s left");
    });

    it("goes by the fraction alone once earlier runs are used up", () => {
        assert.equal(remaining(500, 400, 0.5), "50 %, about 8 min 20 s left");
    });

    it("admits that a step takes longer than usual", () => {
        assert.equal(remaining(60, 50, 0), "1 min 0 s so far, longer than usual");
    });
});
