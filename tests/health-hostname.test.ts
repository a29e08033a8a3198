import assert from "node:assert/strict";
import { warningsOf } from "../config/entries";
import { isHostname } from "../config/fields";
import { healthHostname } from "../config/health";
import { checkConfig } from "../config/check";
import { problemsOf, raw } from "./right-config";

const zones = [{ domain: "home.example" }, { domain: "garden.example" }];
const of = (name: string) => healthHostname({ name }, zones);

describe("a tunnel's health hostname", () => {
    it("is its own, so that two homes on one domain never want the same record", () => {
        const names = ["home", "cabin", "Home", "home 2", "home-2", "home.2", "home_2", "HOME"];
        assert.equal(of("home"), "tunnel-health-home.home.example");
        assert.equal(new Set(names.map(of)).size, names.length);
    });

    it("is one label that DNS and Universal SSL take, whatever the tunnel is called", () => {
        const names = ["home", "My home. It_is 2", "a".repeat(64), `${"a".repeat(48)}. b`, "X-1"];
        for (const name of names) {
            const hostname = of(name);
            assert.ok(isHostname(hostname, false), hostname);
            const labels = hostname.slice(0, -".home.example".length).split(".");
            assert.equal(labels.length, 1, hostname);
            assert.doesNotMatch(hostname, /--/);
        }
        const long = ["a", "b"].map((end) => of("a".repeat(63) + end));
        assert.notEqual(long[0], long[1]);
    });

    it("stays the same for a tunnel that is made again, and under any other zone than the first", () => {
        assert.equal(of("home"), healthHostname({ name: "home" }, zones.slice(0, 1)));
    });

    it("can be chosen, in any of the zones", () => {
        const tunnel = { name: "home", healthHostname: "Check.Home.example" };
        const checked = checkConfig(raw({ tunnel }));
        assert.ok("values" in checked, JSON.stringify(checked));
        assert.equal(healthHostname(checked.values.tunnel, zones), "check.home.example");
    });

    for (const [chosen, complaint] of [
        ["*.home.example", /"\*\.home\.example" is not one hostname, without \*\./],
        ["health.elsewhere.example", /is in none of the zones home\.example/],
        ["https://health.home.example", /is not a hostname but an address/],
    ] as const) {
        it(`cannot be ${chosen}`, () => {
            const problems = problemsOf({ tunnel: { name: "home", healthHostname: chosen } });
            assert.equal(problems.length, 1, problems.join("\n"));
            assert.match(problems[0] ?? "", /^rekindle:tunnel\.healthHostname: /);
            assert.match(problems[0] ?? "", complaint);
        });
    }

    it("comes with a right value that can be written as it stands", () => {
        const rights = ["https://up.home.example/", "health", "up.home.example."].map((chosen) => {
            const checked = checkConfig(raw({ tunnel: { name: "home", healthHostname: chosen } }));
            return "problems" in checked
                ? checked.problems.map(({ wrong, right }) => `${wrong} → ${right}`).join()
                : "";
        });
        assert.deepEqual(rights, [
            '"https://up.home.example/" is not a hostname but an address → healthHostname: up.home.example',
            '"health" is not a hostname → healthHostname: health-cabin.home.example',
            '"up.home.example." is not a hostname: it ends with a dot → healthHostname: up.home.example',
        ]);
    });

    it("is no route's: the configuration says which one, before anything changes", () => {
        for (const [hostname, tunnel] of [
            ["Tunnel-Health-Home.home.example", { name: "home" }],
            ["up.home.example", { name: "home", healthHostname: "up.home.example" }],
        ] as const) {
            const problems = problemsOf({ tunnel, routes: [{ hostname, service: "http://a.a" }] });
            assert.match(
                problems.join("\n"),
                /^rekindle:routes\[0\]\.hostname: ".*" is the tunnel's own hostname, for its health check$/,
            );
        }
        // That of another home, or a wildcard above it, is none of this tunnel's.
        for (const hostname of ["tunnel-health.home.example", "*.home.example"]) {
            assert.deepEqual(problemsOf({ routes: [{ hostname, service: "http://a.a" }] }), []);
        }
    });

    it("gets the warning of a route that lies too deep for Universal SSL", () => {
        const tunnel = { healthHostname: "up.deep.home.example" };
        const warnings = warningsOf({ zones, routes: [], tunnel } as never);
        assert.match(warnings.join(), /^up\.deep\.home\.example lies 2 labels below/);
    });
});
