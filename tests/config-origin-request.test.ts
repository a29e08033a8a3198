import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkConfig } from "../config/check";
import { warningsOf } from "../config/entries";
import { homeCa } from "./right-pem";
import { raw, required } from "./right-config";

const hostname = "git.home.example";
const tag = "0123456789abcdef".repeat(4);
const access = { required: true, teamName: "my-team", audTag: [tag] };

/** What `pulumi up` says of a route's originRequest: what is wrong, and what is right instead. */
function told(originRequest: unknown, service = "https://git.git.svc"): string[] {
    const checked = checkConfig(raw({ routes: [{ hostname, service, originRequest }] }));
    return "problems" in checked
        ? checked.problems.map(
              ({ where, wrong, right }) =>
                  `${where.replace("rekindle:routes[0].originRequest", "")}: ${wrong} → ${right}`,
          )
        : [];
}

/** The fields of OriginRequestConfig in cloudflared's config/configuration.go, each with a value, and whether it is taken. */
const table: Readonly<Record<string, { readonly value: unknown; readonly taken: boolean }>> = {
    connectTimeout: { value: "10s", taken: true },
    tlsTimeout: { value: "1m30s", taken: true },
    tcpKeepAlive: { value: "-1s", taken: true },
    noHappyEyeballs: { value: true, taken: true },
    keepAliveConnections: { value: 10, taken: true },
    keepAliveTimeout: { value: "1.5h", taken: true },
    httpHostHeader: { value: "git.internal:8443", taken: true },
    originServerName: { value: "git.internal", taken: true },
    matchSNItoHost: { value: true, taken: true },
    caPool: { value: homeCa, taken: true },
    noTLSVerify: { value: true, taken: true },
    disableChunkedEncoding: { value: true, taken: true },
    bastionMode: { value: true, taken: false },
    proxyAddress: { value: "127.0.0.1", taken: false },
    proxyPort: { value: 8080, taken: false },
    proxyType: { value: "socks", taken: false },
    ipRules: { value: [{ prefix: "10.0.0.0/8", allow: true }], taken: false },
    http2Origin: { value: true, taken: true },
    access: { value: access, taken: true },
};
const tableOf = "2026.8.2";

describe("originRequest", () => {
    it("has the fields of the cloudflared that the example stack runs", () => {
        const example = readFileSync(join(__dirname, "../Pulumi.dev.yaml"), "utf8");
        const [, version] = /cloudflare\/cloudflared:([\d.]+)@/.exec(example) ?? [];
        assert.equal(
            version,
            tableOf,
            "another cloudflared: compare this table and config/origin-request.ts with its config/configuration.go",
        );
    });

    for (const [field, { value, taken }] of Object.entries(table)) {
        it(`${taken ? "takes" : "refuses, and says why,"} ${field}`, () => {
            const said = told({ [field]: value });
            if (taken) {
                assert.deepEqual(said, []);
            } else {
                assert.equal(said.length, 1);
                assert.match(said[0] ?? "", new RegExp(`^\\.${field}: is refused: .{15,} → .+`));
            }
        });
    }

    it("is described in docs/routes.md, field by field", () => {
        const page = readFileSync(join(__dirname, "../docs/routes.md"), "utf8");
        for (const [field, { taken }] of Object.entries(table)) {
            assert.match(page, taken ? new RegExp(`^\\| \`${field}\` `, "m") : new RegExp(field));
        }
    });

    it("has no other field, and names the one that was meant", () => {
        assert.match(told({ matchSniToHost: true })[0] ?? "", /did you mean "matchSNItoHost"/);
        assert.match(told({ no_tls_verify: true })[0] ?? "", /did you mean "noTLSVerify"/);
    });

    for (const good of [
        ...["0", "0s", "500ms", "1h2m3.5s", ".5s", "2.s", "+3s", "100us", "100µs", "7ns"],
    ]) {
        it(`takes the duration ${good}, as cloudflared does`, () => {
            assert.deepEqual(told({ connectTimeout: good }), []);
        });
    }
    for (const [bad, right] of [
        ["30", "connectTimeout: 30s"],
        [30, "connectTimeout: 30s"],
        ["", "connectTimeout: 30s"],
        ["1d", "connectTimeout: 24h"],
        ["10 s", "connectTimeout: 30s"],
        ["10S", "connectTimeout: 30s"],
        ["1.5.5s", "connectTimeout: 30s"],
        ["-5s", "connectTimeout: 30s"],
        ["3000000h", "connectTimeout: 30s"],
    ] as const) {
        it(`refuses the duration ${JSON.stringify(bad)}, with which no connector would serve`, () => {
            const [said = ""] = told({ connectTimeout: bad });
            assert.ok(said.startsWith(".connectTimeout: ") && said.endsWith(`→ ${right}`), said);
        });
    }

    for (const [what, value, wrong] of [
        ["a path", "/etc/ssl/ca.pem", /is a path, and the connector's pod has no file of yours/],
        ["a file's name", "ca.crt", /is a path/],
        ["text that is none", "my ca", /"my ca" has no certificate in PEM's form/],
        ["no text", "", /has no certificate/],
        ["half a certificate", homeCa.slice(0, 200), /has no certificate/],
        ["a broken certificate", homeCa.replace("MIIB", "AAAA"), /block 1 of 1 is no certificate/],
        [
            "lines that are indented",
            homeCa.replaceAll(/^/gm, "  "),
            /has no certificate in PEM's form/,
        ],
        [
            "a request for one",
            homeCa.replaceAll("CERTIFICATE", "CERTIFICATE REQUEST"),
            /block 1 of 1 is no certificate/,
        ],
        ["too many of them", homeCa.repeat(300), /KiB, and a ConfigMap takes 128/],
    ] as const) {
        it(`refuses ${what} for caPool, of which cloudflared would trust nothing`, () => {
            assert.match(told({ caPool: value }).join("\n"), wrong);
        });
    }

    it("takes several certificates, with words between them", () => {
        assert.deepEqual(told({ caPool: `the root\n${homeCa}the other\n${homeCa}` }), []);
    });

    it("says of a default that others list to leave it out, and of no danger in it", () => {
        assert.deepEqual(told({ bastionMode: false, proxyType: "" }), [
            ".bastionMode: is refused: false is what cloudflared does anyway → leave it out",
            '.proxyType: is refused: "" is what cloudflared does anyway → leave it out',
        ]);
    });

    it("refuses a private key in caPool, without showing it", () => {
        const kind = ["PRIVATE", "KEY"].join(" ");
        const key = `-----BEGIN ${kind}-----\nc2VjcmV0\n-----END ${kind}-----\n`;
        const [said = ""] = told({ caPool: homeCa + key });
        assert.match(said, /"…" has a private key in it/);
        assert.doesNotMatch(said, /c2VjcmV0/);
    });

    for (const [what, value, wrong] of [
        [
            "that does not say whether it is required: cloudflared would let everybody through",
            { teamName: "my-team", audTag: [tag] },
            /^\.access\.required: is missing: cloudflared lets everybody through/,
        ],
        ["without a team", { required: true, audTag: [tag] }, /^\.access\.teamName: is missing: /],
        [
            "without an audience",
            { required: true, teamName: "t", audTag: [] },
            /^\.access\.audTag: is missing: /,
        ],
        [
            "by the team's address",
            { ...access, teamName: "https://My-Team.cloudflareaccess.com" },
            /^\.access\.teamName: .* → teamName: my-team$/,
        ],
        [
            "with an audience that is none",
            { ...access, audTag: ["abc"] },
            /^\.access\.audTag\[0\]: /,
        ],
        [
            "with one audience that is no list",
            { ...access, audTag: tag },
            /^\.access\.audTag: .*list/,
        ],
        [
            "for the US government's Cloudflare",
            { ...access, environment: "fed" },
            /^\.access\.environment: is refused: it is for the US government/,
        ],
    ] as const) {
        it(`refuses access ${what}`, () => {
            const said = told({ access: value });
            assert.match(said[0] ?? "", wrong);
            assert.equal(said.length, 1, said.join("\n"));
        });
    }

    it("takes access that is switched off, and says that everybody comes through", () => {
        assert.deepEqual(told({ access: { required: false } }), []);
        assert.deepEqual(warned("https://a.b", { access: { required: false } }), [
            "routes[0].originRequest.access lets everybody through: required is false.",
        ]);
    });

    for (const [field, value] of [
        ["httpHostHeader", "https://git.internal"],
        ["httpHostHeader", "git.internal/x"],
        ["httpHostHeader", "git\u007f"],
        ["httpHostHeader", "größe.lan"],
        ["originServerName", "https://git.internal"],
        ["originServerName", "git.internal:8443"],
        ["originServerName", "*"],
        ["originServerName", "git.*.internal"],
        ["keepAliveConnections", "10"],
        ["noTLSVerify", "true"],
    ] as const) {
        it(`refuses ${field}: ${JSON.stringify(value)}`, () => {
            assert.match(told({ [field]: value })[0] ?? "", new RegExp(`^\\.${field}: `));
        });
    }

    for (const name of ["git.internal", "*.home.example", "*.plex.direct", "traefik", "10.0.0.5"]) {
        it(`takes the name of a certificate as it is written there: ${name}`, () => {
            assert.deepEqual(told({ originServerName: name }), []);
        });
    }

    const warned = (service: string, originRequest: object) =>
        warningsOf({
            zones: required.zones,
            routes: [{ hostname, service, originRequest }],
        });

    it("has options without effect, which are named: cloudflared says nothing of them", () => {
        assert.deepEqual(warned("http://a.b", { noTLSVerify: true, connectTimeout: "5s" }), [
            "routes[0].originRequest: noTLSVerify has no effect on the service http://a.b.",
        ]);
        assert.deepEqual(warned("ssh://a.b", { httpHostHeader: "x", access }), [
            "routes[0].originRequest: httpHostHeader has no effect on the service ssh://a.b.",
        ]);
        assert.deepEqual(warned("https://a.b", { noTLSVerify: true, caPool: homeCa }), [
            "routes[0].originRequest: caPool has no effect beside noTLSVerify: true.",
        ]);
        assert.equal(
            warned("https://a.b", { matchSNItoHost: true, originServerName: "x" }).length,
            1,
        );
        assert.deepEqual(warned("https://a.b", { matchSNItoHost: true, caPool: homeCa }), []);
        assert.deepEqual(warned("wss://a.b", { noTLSVerify: true, http2Origin: false }), []);
    });
});
