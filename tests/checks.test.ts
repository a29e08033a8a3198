import assert from "node:assert/strict";
import { expectedStatus } from "../lab/checks";

describe("expectedStatus", () => {
    it("takes an answer of the origin, also one that asks for a password", () => {
        const expected = expectedStatus("http://git:3000");
        assert.deepEqual([200, 302, 401, 403].map(expected), [true, true, true, true]);
        assert.deepEqual([404, 502, 530].map(expected), [false, false, false]);
    });

    it("takes only the fixed status of a route that has one", () => {
        assert.deepEqual([404, 200].map(expectedStatus("http_status:404")), [true, false]);
    });
});
