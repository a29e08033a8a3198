import assert from "node:assert/strict";
import { checkConfig } from "../config/check";
import { warningsOf } from "../config/entries";
import { problemsOf, raw, required } from "./right-config";

const service = "http://git.git.svc:3000";
const hostname = "git.home.example";
/** What `pulumi up` says of a route with a path: what is wrong, and what is right instead. */
function told(path: unknown): string {
    const checked = checkConfig(raw({ routes: [{ hostname, path, service }] }));
    return "problems" in checked
        ? checked.problems
              .map(({ where, wrong, right }) => `${where}: ${wrong} → ${right}`)
              .join("\n")
        : "";
}

describe("a route's path", () => {
    for (const path of [
        ...[
            "^/api/",
            "/api",
            "\\.(jpg|png|css|js)$",
            "^/v2/",
            "(?i)^/wiki",
            "^/größe/",
            "^/a{2,3}b",
        ],
        ...[
            "^/(?:a|b)/",
            "^/(?P<name>\\w+)$",
            "^/(?<name>[[:alpha:]]+)$",
            "^/[^/]+\\.git/",
            "\\Q/a.b\\E",
        ],
        ...["^/\\p{Greek}+$", "^/{id}", "[]a]", "(?i-s:x)", "^/\\x41\\x{42}\\z", "^a?/b", "^/a*?$"],
        ...["^(a|/b)", "^(a|b)?/", "^(/api|v2)/", "^(a)|^/b", "^/a\\$b", "^/[$a]b", "^/(a|b$)"],
    ]) {
        it(`is taken as Go reads it: ${path}`, () => {
            assert.equal(told(path), "");
        });
    }

    for (const [path, wrong, right] of [
        ["^/(?!admin)", /invalid or unsupported Perl syntax: `\(\?!`/, "Go has no lookaheads"],
        [
            "^/(?=x)",
            /invalid or unsupported Perl syntax: `\(\?=`/,
            "a route of their own before it",
        ],
        ["(?<=a)b", /invalid named capture: `\(\?<=a\)b`/, "a route of their own before it"],
        ["(?<!a)b", /invalid named capture: `\(\?<!a\)b`/, "a route of their own before it"],
        ["^/(a)\\1", /invalid escape sequence: `\\1`/, "path: ^/api/"],
        ["^/(?P<a>x)(?P=a)", /invalid or unsupported Perl syntax/, "path: ^/api/"],
        ["^/(?>a)", /invalid or unsupported Perl syntax: `\(\?>`/, "path: ^/api/"],
        ["^/a++", /invalid nested repetition operator: `\+\+`/, "path: ^/api/"],
        ["^/(api", /missing closing \)/, "path: ^/api/"],
        ["^/api)", /unexpected \)/, "path: ^/api/"],
        ["^/[a-z", /missing closing \]/, "path: ^/api/"],
        ["^/[z-a]", /invalid character class range: `z-a`/, "path: ^/api/"],
        ["^/a{2000}", /invalid repeat count: `\{2000\}`/, "path: ^/api/"],
        ["^/(a{100}){20}", /invalid repeat count: `\{20\}`/, "path: ^/api/"],
        ["^/\\h+", /invalid escape sequence: `\\h`/, "path: ^/api/"],
        ["^/a\\", /trailing backslash at end of expression/, "path: ^/api/"],
        ["*.jpg", /missing argument to repetition operator: `\*`/, "path: \\.jpg$"],
        ["/api/**", /invalid nested repetition operator: `\*\*`/, "path: ^/api/"],
        ["https://git.home.example/api", /is an address, and cloudflared compares/, "path: ^/api"],
        ["^/api\\?key=", /has a query in it/, "path: ^/api"],
        ["/api?x=1", /has a query in it/, "path: /api"],
        ["^api/", /every path begins with a slash/, "path: ^/api/"],
        ["(?i)^api", /every path begins with a slash/, "path: (?i)^/api"],
        ["^(api|v2)/", /every path begins with a slash/, "path: ^/(api|v2)/"],
        ["^(?:api|v2)", /every path begins with a slash/, "path: ^/(?:api|v2)"],
        ["$/api", /\$ is the end of the path/, "path: ^/api"],
        ["/api$/v2", /\$ is the end of the path/, "path: ^/api/"],
        ["", /is no path/, "or no path"],
        ["/a\u2028b", /a character in it that no path has/, "path: ^/api/"],
        [3, /3 is not a regular expression for a request's path/, "path: ^/api/"],
    ] as const) {
        it(`is refused before anything starts, with what is wrong with it: ${JSON.stringify(path)}`, () => {
            assert.match(told(path), wrong);
            assert.match(told(path), /^rekindle:routes\[0\]\.path: /);
            assert.ok((told(path).split(" → ")[1] ?? "").includes(right), told(path));
        });
    }

    it("lets a hostname have several routes, but none of them twice", () => {
        const route = (path?: string) => ({
            hostname,
            service,
            ...(path === undefined ? {} : { path }),
        });
        assert.deepEqual(problemsOf({ routes: [route(), route("^/api/"), route("^/v2/")] }), []);
        assert.deepEqual(problemsOf({ routes: [route("^/a"), route(), route("^/a"), route()] }), [
            'rekindle:routes[2].path: "^/a" is already the path of routes[0], for the same hostname',
            'rekindle:routes[3].hostname: "git.home.example" stands already in routes[1]',
        ]);
        assert.deepEqual(
            problemsOf({ routes: [route("^/a"), { ...route("^/a"), hostname: "x.home.example" }] }),
            [],
        );
    });
});

describe("a route that is never reached", () => {
    const warned = (...paths: (string | undefined)[]) =>
        warningsOf({
            zones: required.zones,
            routes: paths.map((path) => ({ hostname, service, path })),
        });

    it("is named behind a path that ends with /*, of which that is told as well", () => {
        assert.deepEqual(warned("/*", "^/api"), [
            "routes[1] (git.home.example, ^/api) is never reached: the path /* of routes[0] matches all of its requests. List the longer path first.",
        ]);
        assert.deepEqual(warned("/api/*"), [
            "routes[0].path: /api/* is a regular expression, in which /* is any number of slashes: it also matches /apix. What lies below /api is ^/api/.",
        ]);
        assert.equal(warned("^/api/*", "^/api/v2").length, 2);
        assert.deepEqual(warned("^/api/.*", "\\.(jpg|png)$"), []);
    });

    it("has a warning beside it for a placeholder, of which Go knows none", () => {
        assert.deepEqual(warned("^/api/{id}"), [
            "routes[0].path: ^/api/{id} matches the very letters {id}. For anything between two slashes write [^/]+ in its place.",
        ]);
        assert.deepEqual(warned("^/\\p{Greek}\\{id\\}\\x{42}a{2}"), []);
    });

    it("is named, with the one that takes its requests", () => {
        assert.deepEqual(warned("^/api", "^/api/v2"), [
            "routes[1] (git.home.example, ^/api/v2) is never reached: the path ^/api of routes[0] matches all of its requests. List the longer path first.",
        ]);
        assert.deepEqual(warned(undefined, ".*"), [
            "routes[0] (git.home.example) is never reached: the path .* of routes[1] matches all of its requests. Narrow that path.",
        ]);
        for (const paths of [
            ["^/", "\\.png$"],
            ["/api", "^/v1/api/x"],
            ["/a\\.b", "^/a\\.b[0-9]"],
        ]) {
            assert.equal(warned(...paths).length, 1, paths.join(" "));
        }
    });

    it("is not named where one request may reach it", () => {
        for (const paths of [
            ["^/api/v2", "^/api"],
            ["^/api/", "^/apis/"],
            ["^/ap", "^/ap?x"],
            ["^/api$", "^/api/v2"],
            ["^/a", "^/a|^/b"],
            ["^/api", "/api"],
            ["^/a.b", "^/a.bc"],
            ["(?i)^/api", "^/api/x"],
            [undefined, "^/api"],
        ]) {
            assert.deepEqual(warned(...paths), [], paths.join(" "));
        }
    });
});
