import assert from "node:assert/strict";
import { Store } from "../lab/cloudflare/store";
import { zone } from "../lab/facts";
import { zonesIn } from "../lab/stack-zones";

const other = { domain: "example.org", id: "2".repeat(32) };
const stack = (zones: unknown) => JSON.stringify({ config: { "rekindle:zones": zones } });

describe("zonesIn", () => {
    it("reads the stack's zones", () => {
        assert.deepEqual(zonesIn(stack([zone, other])), [zone, other]);
    });

    it("reads none where the program will refuse them", () => {
        assert.deepEqual(zonesIn(stack([{ domain: "example.org", id: "short" }])), []);
        assert.deepEqual(zonesIn("{}"), []);
    });
});

describe("the Cloudflare stand-in's zones", () => {
    it("are added once, by id and by domain, and never taken out", () => {
        const store = new Store([zone]);
        store.addZones([other, zone]);
        store.addZones([{ ...other, id: "3".repeat(32) }]);
        assert.deepEqual(store.zones, [zone, other]);
    });
});
