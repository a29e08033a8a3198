import assert from "node:assert/strict";
import { everyPoint, rounds, sampled } from "./kills/sample";

describe("the kill points that npm test tries", () => {
    const had = process.env[everyPoint];
    beforeEach(() => {
        Reflect.deleteProperty(process.env, everyPoint);
    });
    after(() => {
        Reflect.deleteProperty(process.env, everyPoint);
        if (had !== undefined) {
            process.env[everyPoint] = had;
        }
    });

    it("are a sample, in the order of the list, and all of them when asked", () => {
        assert.deepEqual(sampled("copy", ["a", "b", "c"], ["c", "a"]), ["a", "c"]);
        assert.equal(rounds(2, 8), 2);
        process.env[everyPoint] = "1";
        assert.deepEqual(sampled("copy", ["a", "b", "c"], ["c", "a"]), ["a", "b", "c"]);
        assert.equal(rounds(2, 8), 8);
    });

    it("are all in the list", () => {
        assert.throws(() => sampled("copy", ["a"], ["b"]), /copy: no such kill point: b/);
    });
});
