import assert from "node:assert/strict";
import { apiHostOf, checkConfig, ownKeys, report } from "../config/check";
import { node, problemsOf, raw, required as right, sshKey } from "./right-config";

describe("checkConfig", () => {
    it("returns the values, with defaults for what may be left out", () => {
        assert.deepEqual(checkConfig(raw()), {
            values: {
                ...right,
                cloudflareUrl: "https://api.cloudflare.com/client/v4",
                clusterDns: ["10.43.0.10"],
                tunnel: { name: "home", replicas: 2, protect: false, adopt: [] },
                ...{ nodes: [], confirm: [], services: [], resolvers: [] },
                ...{ stateUrl: "", confirm: [], gitUrl: "", secretsUrl: "" },
            },
        });
    });

    it("lower-cases hostnames and turns them into punycode", () => {
        const checked = checkConfig(
            raw({ routes: [{ hostname: "Müll.Home.example", service: "http://a.a" }] }),
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

    it("takes the tunnel and the nodes' volumes for confirmations, and says what is possible instead of others", () => {
        const nodes = [node, { ...node, name: "pi2", address: "192.168.1.12" }];
        const home = { nodes, sshPrivateKey: sshKey };
        for (const confirm of [[], ["tunnel"], ["volume-pi2", "tunnel", "volume-pi1"]]) {
            const checked = checkConfig(raw({ ...home, confirm }));
            assert.deepEqual("values" in checked && checked.values.confirm, confirm);
        }
        for (const named of ["pi1", "volumes", "Tunnel", "", 1]) {
            assert.match(
                problemsOf({ ...home, confirm: ["tunnel", named] }).join("\n"),
                /^rekindle:confirm\[1\]: .* is not something that can be confirmed: tunnel, or volume-NAME of a node in rekindle:nodes$/,
            );
        }
        for (const named of ["volume-pi3", "volume-", "volume-pi1 "]) {
            const checked = checkConfig(raw({ ...home, confirm: ["tunnel", named] }));
            const [problem, ...more] = "problems" in checked ? checked.problems : [];
            assert.deepEqual(
                [problem?.where, problem?.right, more],
                ["rekindle:confirm[1]", "one of tunnel, volume-pi1, volume-pi2", []],
            );
            assert.match(problem?.wrong ?? "", new RegExp(`^"${named}" is the volume of no node`));
        }
        assert.match(problemsOf({ confirm: ["volume-pi1"] }).join(), /confirm\[0\]: .* of no node/);
    });

    for (const [name, changes, expected, count = 1] of [
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
                        service: "http://a.a",
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
            { routes: [right.routes[0], { hostname: "GIT.home.example", service: "http://b.b" }] },
            /rekindle:routes\[1\].hostname: "git.home.example" stands already in routes\[0\]/,
        ],
        [
            "a hostname that only ends like a zone",
            { routes: [{ hostname: "git.evilhome.example", service: "http://a.a" }] },
            /"git.evilhome.example" is in none of the zones home.example/,
        ],
        [
            "a bad label",
            { routes: [{ hostname: "-a.home.example", service: "http://a.a" }] },
            /is not a hostname/,
        ],
        [
            "a short tunnel secret",
            { tunnelSecret: Buffer.alloc(31, 1).toString("base64") },
            /rekindle:tunnelSecret: is not at least 32 bytes/,
        ],
        [
            "a field that is misspelt, naming the one that was meant",
            { routes: [{ hostnam: "git.home.example", service: "http://a.a" }] },
            /rekindle:routes\[0\]: has no field "hostnam" \(did you mean "hostname"\?\)/,
            2,
        ],
        [
            "a hostname twice, in two scripts",
            {
                routes: ["BÜCHER.home.example", "xn--bcher-kva.home.example"].map((hostname) => ({
                    hostname,
                    service: "http://a.a",
                })),
            },
            /"xn--bcher-kva.home.example" stands already in routes\[0\]/,
        ],
        [
            "a zone twice",
            { zones: [...right.zones, { domain: "HOME.example", id: "2".repeat(32) }] },
            /rekindle:zones\[1\].domain: "home.example" stands already in zones\[0\]/,
        ],
        [
            "a tunnel secret that is not base64",
            { tunnelSecret: `${"a".repeat(60)}!` },
            /rekindle:tunnelSecret: is not at least 32 bytes in base64/,
        ],
        [
            "an account id that YAML took for a number",
            { accountId: 12345 },
            /rekindle:accountId: "12345" is not an account id/,
        ],
        [
            "two nodes of one name",
            { nodes: [node, { ...node, address: "192.168.1.12" }], sshPrivateKey: sshKey },
            /rekindle:nodes\[1\].name: "pi1" stands already in nodes\[0\]/,
        ],
        [
            "two nodes at one address",
            { nodes: [node, { ...node, name: "pi2" }], sshPrivateKey: sshKey },
            /rekindle:nodes\[1\].address: "192.168.1.11:22" stands already in nodes\[0\]/,
        ],
        [
            "a host key of another type under the right name",
            {
                nodes: [{ ...node, hostKey: `ssh-ed25519 ${"AAAAB3NzaC1yc2E".repeat(4)}` }],
                sshPrivateKey: sshKey,
            },
            /rekindle:nodes\[0\].hostKey: .* is not the Pi's own ed25519 host key/,
        ],
        [
            "Pis without a key to reach them",
            { nodes: [node] },
            /rekindle:sshPrivateKey: is missing; the Pis under nodes are reached with it/,
        ],
        [
            "an image with half a digest",
            { images: { ...right.images, node: `node:24@sha256:${"0".repeat(63)}` } },
            /rekindle:images.node: ".*" is not an image with its digest/,
        ],
        [
            "a zone of one label",
            { zones: [...right.zones, { domain: "home", id: "2".repeat(32) }] },
            /rekindle:zones\[1\].domain: "home" is not a domain/,
        ],
        [
            "no zones",
            { zones: [], routes: [] },
            /rekindle:zones: \[\] is not a list of at least one zone/,
        ],
    ] as const) {
        it(`refuses ${name}`, () => {
            const problems = problemsOf(changes);
            assert.equal(problems.length, count, problems.join("\n"));
            assert.ok(
                problems.some((problem) => expected.test(problem)),
                problems.join("\n"),
            );
        });
    }

    it("needs no key for Pis that are all away", () => {
        assert.deepEqual(problemsOf({ nodes: [{ ...node, away: true }] }), []);
        assert.deepEqual(problemsOf({ nodes: [node], sshPrivateKey: sshKey }), []);
    });

    it("is done with ten thousand routes within a second", () => {
        const routes = Array.from({ length: 10_000 }, (_, index) => ({
            hostname: `h${index}.home.example`,
            service: "http://a.a",
        }));
        const begun = performance.now();
        assert.deepEqual(problemsOf({ routes }), []);
        console.log(`        ${(performance.now() - begun).toFixed(0)} ms`);
    });
});

describe("apiHostOf", () => {
    it("reads the host, and guesses none of several", () => {
        const clusters = (...servers: readonly string[]) =>
            servers.map((server) => `- cluster:\n    server: ${server}\n`).join("");
        assert.equal(apiHostOf(clusters("https://K3S.home.example:6443")), "k3s.home.example");
        assert.equal(apiHostOf(clusters("https://10.0.0.1:6443", "https://10.0.0.1")), "10.0.0.1");
        assert.equal(
            apiHostOf(clusters("https://10.0.0.1", "https://k3s.home.example")),
            undefined,
        );
        assert.equal(apiHostOf("kind: Config"), undefined);
        const json = {
            kind: "Config",
            clusters: [{ cluster: { server: "https://10.0.0.1:6443" } }],
        };
        for (const kubeconfig of [JSON.stringify(json), JSON.stringify(json, null, 4)]) {
            assert.equal(apiHostOf(kubeconfig), "10.0.0.1");
            assert.deepEqual(problemsOf({ kubeconfig }), []);
        }
    });
});

describe("ownKeys", () => {
    it("tells of a namespace that was probably meant to be the project's, and leaves others alone", () => {
        const all = { "rekindle:a": "1", "rekindel:zones": "[]", "cloudflare:apiToken": "x" };
        const { own, strays } = ownKeys(all, "rekindle");
        assert.deepEqual(own, { a: "1" });
        assert.deepEqual(
            strays.map(({ where, right: wanted }) => [where, wanted]),
            [["rekindel:zones", "rekindle:zones"]],
        );
    });
});
