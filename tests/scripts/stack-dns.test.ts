import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { startApi, type Api } from "../../lab/cloudflare/api";
import { zone } from "../../lab/facts";
import { dnsToken, tokens } from "../cloudflare-calls";
import { names, target, want } from "../dns-world";
import { finish, start } from "../script";

/** A secret as `pulumi stack export --show-secrets` prints it. */
const secret = (value: unknown) => ({
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    plaintext: JSON.stringify(value),
});

/** With a stand-in for Pulumi's command line, which prints a state in its form. */
describe("npm run dns", () => {
    let api: Api;
    let folder: string;
    beforeEach(async () => {
        api = await startApi({ tokens, zones: [zone], port: 0 });
        folder = mkdtempSync(join(tmpdir(), "rekindle-dns-"));
    });
    afterEach(async () => {
        rmSync(folder, { recursive: true });
        await api.close();
    });

    const { owner, adopt, zones } = want(names(1));
    const command = (mode: string, environment: unknown, wanted: object, stdout: object = {}) => ({
        type: "command:local:Command",
        inputs: {
            create: `node components/scripts/dns.mjs ${mode}`,
            stdin: JSON.stringify(wanted),
            environment,
        },
        outputs: { stdout: JSON.stringify(stdout) },
    });
    const configMap = (wanted: object) => ({
        type: "kubernetes:core/v1:ConfigMap",
        inputs: { data: { "hosts.json": JSON.stringify(wanted) } },
    });
    const wanted = { owner, adopt, zones };
    const without = { ...wanted, zones: [{ ...zone, hostnames: [] }] };
    /** A stack whose last `up` went well, or one that wants something else by now. */
    const stack = (environment: unknown, now: object = wanted) => [
        { type: "x" },
        command("remember", environment, without),
        configMap(now),
        command("prune", environment, wanted, { mode: "prune", result: "ok", zones: [zone] }),
    ];
    const plain = () => ({
        CLOUDFLARE_BASE_URL: api.url,
        CLOUDFLARE_API_TOKEN: dnsToken,
        DNS_TARGET: target,
    });
    function pulumi(script: string, resources: object[] = []): void {
        const state = JSON.stringify({ version: 3, deployment: { resources } });
        writeFileSync(join(folder, "state"), state);
        const text = `#!/bin/sh\necho "$@" > ${folder}/args\n${script}\n`;
        writeFileSync(join(folder, "pulumi"), text, { mode: 0o755 });
    }
    const dns = (...args: string[]) => {
        const path = [folder, process.env["PATH"]].join(delimiter);
        return finish(start(["components/scripts/stack-dns.mjs", ...args], { PATH: path }));
    };

    for (const [where, environment] of [
        ["as a whole", (values: object) => secret(values)],
        ["in parts", (values: object) => ({ ...values, CLOUDFLARE_API_TOKEN: secret(dnsToken) })],
    ] as const) {
        it(`tells how the records are, from a state whose environment is secret ${where}`, async () => {
            pulumi(`cat ${folder}/state`, stack(environment(plain())));
            const missing = await dns("status");
            assert.equal(missing.code, 2, missing.stderr);
            assert.match(missing.stdout, /^missing +host0\.home\.example\n/);
            const { code, stdout, stderr } = await dns("prune", "--stack", "home");
            assert.equal(code, 0, stderr);
            assert.equal(api.store.records.size, 1);
            assert.ok(!(stdout + stderr + missing.stdout + missing.stderr).includes(dnsToken));
            assert.equal((await dns("status")).code, 0);
        });
    }

    it("knows of a zone that only the last run had", async () => {
        pulumi(`cat ${folder}/state`, stack(plain()));
        assert.equal((await dns("prune")).code, 0);
        pulumi(`cat ${folder}/state`, stack(plain(), { owner, adopt, zones: [] }));
        assert.match((await dns("status")).stdout, /^left over +host0\.home\.example/);
    });

    it("knows what the pods have after an `up` that failed at the records, the first one too", async () => {
        const [, remember, pods] = stack(plain());
        assert.ok(remember && pods);
        const others = configMap({ ...wanted, owner: "another" });
        const old = { ...configMap(without), delete: true };
        pulumi(`cat ${folder}/state`, [others, remember, old, pods]);
        const { code, stdout } = await dns("status");
        assert.equal(code, 2);
        assert.match(stdout, /^missing +host0\.home\.example\n/);
    });

    it("knows of records that are left when the pods are gone", async () => {
        pulumi(`cat ${folder}/state`, stack(plain()));
        assert.equal((await dns("prune")).code, 0);
        pulumi(`cat ${folder}/state`, [command("remember", plain(), without)]);
        assert.match((await dns("status")).stdout, /^left over +host0\.home\.example/);
    });

    it("says what to check when Pulumi fails or is not there", async () => {
        pulumi("echo 'error: no stack selected' >&2; exit 255");
        const { code, stderr } = await dns("status");
        assert.equal(code, 64);
        assert.match(stderr, /^error: no stack selected\n.*see above.*a stack selected/);
        rmSync(join(folder, "pulumi"));
        // Without the machine's own path, where a real one may be.
        const lost = start(["components/scripts/stack-dns.mjs", "status"], { PATH: folder });
        assert.match((await finish(lost)).stderr, /ENOENT.*Is pulumi installed/);
    });

    it("says that there is no tunnel yet", async () => {
        pulumi(`cat ${folder}/state`);
        const { code, stderr } = await dns("status");
        assert.equal(code, 64);
        assert.match(stderr, /has no tunnel: run `pulumi up` first/);
    });

    it("knows no mode that could delete all", async () => {
        const { code, stderr } = await dns("destroy");
        assert.equal(code, 64);
        assert.match(stderr, /no mode "destroy": npm run -s dns -- status/);
    });
});
