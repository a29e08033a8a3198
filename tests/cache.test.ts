import assert from "node:assert/strict";
import { contentHash } from "../lab/cache";

describe("contentHash", () => {
    it("keeps inputs apart whose texts run together the same", () => {
        assert.notEqual(contentHash(["ab", "c"]), contentHash(["a", "bc"]));
        assert.equal(contentHash(["ab", Buffer.from("c")]), contentHash(["ab", "c"]));
    });
});
