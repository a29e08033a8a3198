import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dnsScripts, ownerMark, tunnelProblem, wantedRecords } from "../components/tunnel-records";

describe("tunnelProblem", () => {
    const health = "tunnel-health.home.example";
    const complaint = (tunnel: string, hostname = "git.home.example") =>
        tunnelProblem(ownerMark("rekindle", "test", tunnel), health, [
            { hostname, service: "http://a" },
        ]);

    it("finds a mark that Cloudflare would not take as a comment", () => {
        assert.equal(complaint("n".repeat(70)), undefined);
        const name = "n".repeat(71);
        assert.equal(
            complaint(name),
            `The mark of this tunnel's DNS records, "rekindle:rekindle/test tunnel=${name}", has 101 characters and Cloudflare takes 100: shorten the name of the tunnel or of the stack.`,
        );
    });

    it("finds a route on the health hostname", () => {
        assert.match(
            complaint("home", health) ?? "",
            /^tunnel-health\.home\.example is the tunnel's own/,
        );
    });
});

describe("wantedRecords", () => {
    it("puts each hostname into its zone, in an order that does not depend on the configuration's", () => {
        const zones = [
            { domain: "example.org", id: "1" },
            { domain: "home.example.org", id: "2" },
        ];
        const routes = ["b.home.example.org", "example.org", "a.home.example.org"].map(
            (hostname) => ({ hostname, service: "http://a" }),
        );
        for (const order of [routes, [...routes].reverse()]) {
            assert.deepEqual(
                wantedRecords("mark", order, "x.example.org", { zones, adopt: ["x"] }),
                {
                    owner: "mark",
                    adopt: ["x"],
                    health: "x.example.org",
                    zones: [
                        { ...zones[0], hostnames: ["example.org"] },
                        { ...zones[1], hostnames: ["a.home.example.org", "b.home.example.org"] },
                    ],
                },
            );
        }
    });

    it("has one record for a hostname, however many routes it has", () => {
        const zones = [{ domain: "home.example", id: "1" }];
        const routes = ["^/api/", undefined, "^/v2/"].map((path) => ({
            ...{ hostname: "git.home.example", service: "http://a", path },
        }));
        const { zones: wanted } = wantedRecords("mark", routes, "health.home.example", { zones });
        assert.deepEqual(wanted[0]?.hostnames, ["git.home.example"]);
    });
});

describe("dnsScripts", () => {
    it("is dns.mjs and all that it imports, word for word", () => {
        const { files } = dnsScripts();
        for (const [name, text] of Object.entries(files)) {
            const file = join(__dirname, "../components/scripts", name);
            assert.equal(text, readFileSync(file, "utf8"));
            for (const [, imported = ""] of text.matchAll(/^import (?:.* from )?"\.\/(.*)";$/gm)) {
                assert.ok(imported in files, `${name} imports ${imported}`);
            }
        }
        assert.ok("dns.mjs" in files);
    });
});
