import assert from "node:assert/strict";
import { zone } from "../lab/facts";
import { stackZones } from "../lab/stack-zones";

describe("stackZones", () => {
    const other = { domain: "example.org", id: "2".repeat(32) };
    const stack = (zones: unknown) => JSON.stringify({ config: { "rekindle:zones": zones } });

    it("adds the stack's zones to the lab's own, each once", () => {
        assert.deepEqual(stackZones(stack([zone, other])), [zone, other]);
    });

    it("leaves out what the program will refuse", () => {
        assert.deepEqual(stackZones(stack([{ domain: "example.org", id: "short" }])), [zone]);
        assert.deepEqual(stackZones("{}"), [zone]);
    });
});
