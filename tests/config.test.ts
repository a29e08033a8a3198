import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { checkConfig, report, zoneOf } from "../config";
import { configKeys } from "../config-schema";

const digest = `@sha256:${"0".repeat(64)}`;
const right = {
    cluster: "dev",
    kubeconfig:
        "apiVersion: v1\nkind: Config\nclusters: [{ cluster: { server: https://10.0.0.1:6443 } }]",
    accountId: "0".repeat(32),
    cloudflareToken: "t".repeat(40),
    dnsToken: "d".repeat(40),
    zones: [{ domain: "home.example", id: "1".repeat(32) }],
    routes: [{ hostname: "git.home.example", service: "http://git.git.svc:3000" }],
    tunnel: { name: "home" },
    tunnelSecret: Buffer.alloc(32, 7).toString("base64"),
    images: { cloudflared: `cloudflare/cloudflared:1${digest}`, node: `node:24${digest}` },
};

/** Raw configuration as Pulumi hands it over: `right` with some keys changed; undefined leaves a key out. */
function raw(changes: Readonly<Record<string, unknown>> = {}): Record<string, string | undefined> {
    return Object.fromEntries(
        Object.entries<unknown>({ ...right, ...changes }).map(([key, value]) => [
            key,
            typeof value === "string" || value === undefined ? value : JSON.stringify(value),
        ]),
    );
}

function problemsOf(changes: Readonly<Record<string, unknown>>): string[] {
    const checked = checkConfig(raw(changes));
    return "problems" in checked ? checked.problems.map((p) => `${p.where}: ${p.wrong}`) : [];
}

describe("checkConfig", () => {
    it("returns the values, with defaults for what may be left out", () => {
        assert.deepEqual(checkConfig(raw()), {
            values: {
                ...right,
                cloudflareUrl: "https://api.cloudflare.com/client/v4",
                tunnel: { name: "home", replicas: 2, protect: false, adopt: [] },
            },
        });
    });

    it("lower-cases hostnames and turns them into punycode", () => {
        const checked = checkConfig(
            raw({ routes: [{ hostname: "Müll.Home.example", service: "http://a" }] }),
        );
        assert.ok("values" in checked);
        assert.equal(checked.values.routes[0]?.hostname, "xn--mll-hoa.home.example");
    });

    it("tells all mistakes in one go, each with key, entry and a right example", () => {
        const checked = checkConfig(
            raw({
                accountId: undefined,
                zones: [{ domain: "home.example", id: 1 }],
                routes: [{ hostname: "git.home.example", service: "gopher://x" }],
                nodez: "[]",
            }),
        );
        assert.ok("problems" in checked);
        assert.deepEqual(
            checked.problems.map((p) => p.where),
            [
                "rekindle:nodez",
                "rekindle:accountId",
                "rekindle:zones[0].id",
                "rekindle:routes[0].service",
            ],
        );
        for (const problem of checked.problems) {
            assert.notEqual(problem.right, "");
        }
        assert.match(
            report(checked.problems, "dev"),
            /^4 mistakes in .*stack dev; nothing was changed/,
        );
    });

    for (const [name, changes, expected] of [
        [
            "a field that does not exist",
            { tunnel: { name: "a", replica: 2 } },
            /rekindle:tunnel: has no field "replica"/,
        ],
        [
            "a wrong type deep inside",
            {
                routes: [
                    {
                        hostname: "a.home.example",
                        service: "http://a",
                        originRequest: { noTLSVerify: "yes" },
                    },
                ],
            },
            /rekindle:routes\[0\].originRequest.noTLSVerify: "yes" is not true or false/,
        ],
        ["text where a list belongs", { routes: "git" }, /rekindle:routes: "git" is not a list/],
        [
            "an image without a digest",
            { images: { ...right.images, node: "node:24" } },
            /rekindle:images.node: "node:24" is not an image with its digest/,
        ],
        [
            "a hostname twice",
            { routes: [right.routes[0], { hostname: "GIT.home.example", service: "http://b" }] },
            /rekindle:routes\[1\].hostname: "git.home.example" stands already in routes\[0\]/,
        ],
        [
            "a hostname that only ends like a zone",
            { routes: [{ hostname: "git.evilhome.example", service: "http://a" }] },
            /"git.evilhome.example" is in none of the zones home.example/,
        ],
        [
            "a bad label",
            { routes: [{ hostname: "-a.home.example", service: "http://a" }] },
            /is not a hostname/,
        ],
        [
            "a short tunnel secret",
            { tunnelSecret: "c2hvcnQ=" },
            /rekindle:tunnelSecret: is not at least 32 bytes/,
        ],
        [
            "no zones",
            { zones: [], routes: [] },
            /rekindle:zones: \[\] is not a list of at least one zone/,
        ],
    ] as const) {
        it(`refuses ${name}`, () => {
            const problems = problemsOf(changes);
            assert.equal(problems.length, 1, problems.join("\n"));
            assert.match(problems[0] ?? "", expected);
        });
    }

    it("never shows a secret, right or wrong", () => {
        const secret = "hunter2-hunter2";
        for (const key of ["kubeconfig", "cloudflareToken", "dnsToken", "tunnelSecret"]) {
            const problems = problemsOf({ [key]: secret });
            assert.equal(problems.length, 1);
            assert.ok(!problems.join().includes(secret), problems.join());
        }
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

describe("Pulumi.yaml", () => {
    it("declares every key, and marks the secret ones", () => {
        const file = join(__dirname, "..", "Pulumi.yaml");
        const { config } = parse(readFileSync(file, "utf8")) as {
            config: Record<string, { description?: string; secret?: boolean }>;
        };
        assert.deepEqual(Object.keys(config), [...configKeys]);
        const secret = Object.keys(config).filter((key) => config[key]?.secret === true);
        assert.deepEqual(secret, ["kubeconfig", "cloudflareToken", "tunnelSecret", "dnsToken"]);
    });
});
