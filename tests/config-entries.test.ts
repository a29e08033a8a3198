import assert from "node:assert/strict";
import { warningsOf, zoneOf } from "../config/entries";
import { required as right } from "./right-config";

describe("warningsOf", () => {
    const { zones } = right;
    const about = (...names: string[]) =>
        warningsOf({
            zones,
            routes: names.map((hostname) => ({ hostname, service: "http://a.a" })),
        });

    it("tells of names that Universal SSL does not cover, and of no others", () => {
        assert.deepEqual(about("home.example", "git.home.example", "*.home.example"), []);
        const [first = "", ...more] = about("a.b.home.example", "*.b.home.example");
        assert.match(first, /^a\.b\.home\.example lies 2 labels below home\.example/);
        assert.equal(more.length, 1);
    });
});

describe("zoneOf", () => {
    it("prefers the longest domain and never a mere suffix", () => {
        const zones = [{ domain: "example.org" }, { domain: "home.example.org" }];
        assert.equal(zoneOf("git.home.example.org", zones)?.domain, "home.example.org");
        assert.equal(zoneOf("example.org", zones)?.domain, "example.org");
        assert.equal(zoneOf("nothome.example.com", zones), undefined);
    });
});
