import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { configKeys } from "../config/schema";
import { problemsOf } from "./right-config";

describe("the configuration's schema", () => {
    for (const hostname of [
        ...[
            "a..home.example",
            ".home.example",
            "home.example.",
            "a-.home.example",
            "a b.home.example",
        ],
        ...[`${"a".repeat(64)}.home.example`, "a.*.home.example", "**.home.example", "*", "git"],
        ...["http://git.home.example", "git.home.example:443", `${"a.".repeat(125)}home.example`],
    ]) {
        it(`refuses the hostname ${hostname.slice(0, 40)}`, () => {
            const [problem = ""] = problemsOf({ routes: [{ hostname, service: "http://a.a" }] });
            assert.match(problem, /routes\[0\].hostname: ".*["…] is (not a hostname|in none)/s);
        });
    }

    it("never shows a secret, right or wrong", () => {
        const secret = "hunter2-hunter2";
        for (const key of [
            "kubeconfig",
            "cloudflareToken",
            "dnsToken",
            "tunnelSecret",
            "sshPrivateKey",
            "telegramToken",
            "heartbeatSecret",
        ]) {
            const problems = problemsOf({ [key]: secret });
            assert.equal(problems.length, 1);
            assert.ok(!problems.join().includes(secret), problems.join());
        }
    });
});

describe("Pulumi.yaml", () => {
    const optionalSecrets: readonly string[] = [
        ...["sshPrivateKey", "grafanaAuth", "telegramToken", "heartbeatSecret"],
    ];
    const file = join(__dirname, "..", "Pulumi.yaml");
    const { config } = parse(readFileSync(file, "utf8")) as {
        config: Record<string, { default?: unknown; secret?: boolean }>;
    };

    it("declares every key but the secrets that may be left out, and marks the secret ones", () => {
        assert.deepEqual(
            Object.keys(config),
            configKeys.filter((key) => !optionalSecrets.includes(key)),
        );
        const secret = Object.keys(config).filter((key) => config[key]?.secret === true);
        assert.deepEqual(secret, ["kubeconfig", "cloudflareToken", "tunnelSecret", "dnsToken"]);
    });

    // Pulumi asks for every declared key without a default, before it starts the program.
    it("has a default for each key that may be left out", () => {
        for (const [key, { default: value }] of Object.entries(config)) {
            const left = problemsOf({ [key]: undefined }).length === 0;
            assert.equal(value !== undefined, left, key);
        }
    });
});
