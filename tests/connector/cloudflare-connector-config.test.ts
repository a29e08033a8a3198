import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goBuild } from "../../lab/go";
import { CommandError, run } from "../../lab/shell";

describe("Connector stand-in's `ingress validate`", function () {
    // Compiles it on a machine that has never done so.
    this.timeout(15 * 60_000);
    let binary: string;
    let dir: string;
    before(async () => {
        binary = await goBuild({ name: "connector", package: "./connector" }, () => undefined);
        dir = mkdtempSync(join(tmpdir(), "rekindle-ingress-"));
    });
    after(() => {
        rmSync(dir, { recursive: true });
    });
    const validate = async (rules: string) => {
        const file = join(dir, "config.yaml");
        writeFileSync(file, `ingress:\n${rules}`);
        try {
            return await run(binary, ["tunnel", "--config", file, "ingress", "validate"]);
        } catch (error) {
            assert.ok(error instanceof CommandError);
            return error.output;
        }
    };
    const last = "- service: http_status:404\n";
    for (const [rules, said] of [
        [last, /^OK$/],
        ["- { hostname: a.example, service: http_status:404 }\n", /the last rule must match all/],
        [last + last, /rule 1 .*the rules after it would never be used/],
        [`- { hostname: a.example, service: "ftp://x" }\n${last}`, /the stand-in serves http/],
        [`- { hostname: a.example, service: "http://x/y" }\n${last}`, /a service has no path/],
        [`- { hostname: "a.*.example", service: "http://x" }\n${last}`, /a wildcard stands only/],
        [`- { hostname: a.example, path: "(", service: "http://x" }\n${last}`, /path: error/],
        [
            `- { hostname: a.example, path: "^/(?!x)", service: "http://x" }\n${last}`,
            /path: error parsing regexp: invalid or unsupported Perl syntax/,
        ],
        [
            `- { hostname: a.example, service: "https://x", originRequest: { caPool: /none.pem } }\n${last}`,
            /unable to read the file \/none\.pem for --origin-ca-pool/,
        ],
        [
            `- { hostname: a.example, service: "https://x", originRequest: { access: { required: true, audTag: [a] } } }\n${last}`,
            /access\.TeamName cannot be blank/,
        ],
        [
            `- { hostname: a.example, service: "https://x", originRequest: { connectTimeout: 30 } }\n${last}`,
            /cannot unmarshal !!int `30` into time\.Duration/,
        ],
        [
            `- { hostname: a.example, service: "https://x", originRequest: { tcpKeepAlive: "-1s", tlsTimeout: "1.5s", connectTimeout: "0" } }\n${last}`,
            /^OK$/,
        ],
        [`- { hostnames: a.example, service: "http://x" }\n${last}`, /field hostnames not found/],
    ] as const) {
        it(`says ${said.source} of ${JSON.stringify(rules)}`, async () => {
            assert.match(await validate(rules), said);
        });
    }
});
