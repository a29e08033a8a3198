import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dnsScripts } from "../../components/tunnel-records";
import { certificateFor, labCa } from "../../lab/ca";
import { startApi, type Api } from "../../lab/cloudflare/api";
import { zone } from "../../lab/facts";
import { callApi, deployToken, dnsToken, recordsPath, tokens } from "../cloudflare-calls";
import { names, owner, target, want } from "../dns-world";
import { finish, start } from "../script";

/** Without the target, which comes from the environment. */
const hosts = { ...want(names(2)), target: undefined };

/** As Pulumi's commands and the pods start it: a program of its own, judged by exit code and output. */
describe("dns.mjs as a program", () => {
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

    const env = (more: NodeJS.ProcessEnv = {}) => ({
        CLOUDFLARE_BASE_URL: api.url,
        CLOUDFLARE_API_TOKEN: dnsToken,
        DNS_TARGET: target,
        ...more,
    });

    describe("Pulumi's command", () => {
        const dns = (mode: string, more: NodeJS.ProcessEnv = {}, input = JSON.stringify(hosts)) =>
            finish(start(["components/scripts/dns.mjs", mode], env(more), input));

        it("exits 0 and prints one line for programs", async () => {
            const { code, stdout, stderr } = await dns("prune");
            assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
            assert.equal(
                stdout,
                '{"mode":"prune","result":"ok","requests":2,"created":2,"updated":0,"deleted":0,"conflicts":[],"zones":[{"id":"00000000000000000000000000000001","domain":"home.example"}]}\n',
            );
            assert.equal((await dns("destroy")).code, 0);
            assert.equal(api.store.records.size, 0);
        });

        it("exits 2 on a conflict", async () => {
            const record = { type: "A", name: names(1)[0], content: "192.0.2.1" };
            await callApi(api.url, ["POST", recordsPath, record], {
                token: dnsToken,
            });
            const { code, stderr } = await dns("prune");
            assert.equal(code, 2);
            assert.match(stderr, /^host0\.home\.example: the A record to 192\.0\.2\.1/);
            assert.equal(api.store.records.size, 2);
        });

        it("exits 3 when Cloudflare denies it", async () => {
            assert.equal((await dns("prune", { CLOUDFLARE_API_TOKEN: deployToken })).code, 3);
            assert.equal((await dns("destroy", { CLOUDFLARE_API_TOKEN: deployToken })).code, 3);
            const { code, stderr } = await dns("prune", { CLOUDFLARE_API_TOKEN: "short" });
            assert.equal(code, 3);
            assert.match(stderr, /400: 6003 Invalid request headers\. Check the API token/);
        });

        it("exits 4 when Cloudflare is unavailable", async () => {
            await api.close();
            const limited = { requests: 0, seconds: 300 };
            api = await startApi({ tokens, zones: [zone], port: 0, rateLimit: limited });
            const { code, stderr } = await dns("prune");
            assert.equal(code, 4);
            assert.match(stderr, /was answered 429/);
        });

        it("keeps: adds and repairs, deletes none, and tells what a person must see to", async () => {
            assert.equal((await dns("keep")).code, 0);
            assert.equal(api.store.records.size, 2);
            const fewer = { ...want(names(1)), target: undefined };
            assert.equal((await dns("keep", {}, JSON.stringify(fewer))).code, 0);
            assert.equal(api.store.records.size, 2);
            assert.equal((await dns("keep", { CLOUDFLARE_API_TOKEN: deployToken })).code, 3);
            await api.close();
            const limited = { requests: 0, seconds: 300 };
            api = await startApi({ tokens, zones: [zone], port: 0, rateLimit: limited });
            // An outage: the next run tries again, and nobody is told.
            assert.equal((await dns("keep")).code, 0);
        });

        it("exits 64 when it is called wrongly, and says how", async () => {
            for (const [run, complaint] of [
                [
                    dns("purge"),
                    /no mode "purge": use ensure, keep, prune, destroy, remember, status/,
                ],
                [dns("prune", { DNS_TARGET: "" }), /the environment has no DNS_TARGET/],
                [dns("prune", { CLOUDFLARE_BASE_URL: "x" }), /BASE_URL is not an address: x/],
                [
                    dns("prune", {}, "{"),
                    /^dns\.mjs: FILE is not JSON: .*Its head says how to call it/,
                ],
                [dns("prune", {}, "{}"), /owner is missing and should be the mark/],
                [dns("destroy", {}, '{"owner":""}'), /owner is "" and should be the mark/],
            ] as const) {
                const { code, stderr } = await run;
                assert.equal(code, 64, stderr);
                assert.match(stderr, complaint);
            }
            assert.deepEqual(api.requests, []);
        });

        it("names the zones that it was given, those of the last run too, and asks only whose ids they are", async () => {
            const former = { id: "f".repeat(32), domain: "former.example" };
            const last = JSON.stringify({ mode: "remember", zones: [former, zone] });
            const { code, stdout } = await dns("remember", { PULUMI_COMMAND_STDOUT: last });
            assert.equal(code, 0);
            assert.deepEqual((JSON.parse(stdout) as { zones: unknown }).zones, [
                { id: zone.id, domain: zone.domain },
                former,
            ]);
            assert.deepEqual(
                api.requests.map(({ method, path }) => `${method} ${path.replace(/^.*_/, "")}`),
                ["GET records/export"],
            );
            const wrong = want([], { zones: [{ ...zone, domain: "a.example", hostnames: [] }] });
            const refused = await dns("remember", {}, JSON.stringify(wrong));
            assert.equal(refused.code, 2);
            assert.match(refused.stderr, /^rekindle:zones\[0\]\.id does not belong to rekindle:/);
        });

        it("cleans the zones that only the last run knew", async () => {
            await dns("prune");
            const last = (await dns("prune")).stdout;
            const nothing = JSON.stringify({ ...hosts, zones: [] });
            assert.equal((await dns("prune", {}, nothing)).code, 0);
            assert.equal(api.store.records.size, 2);
            const { code } = await dns("prune", { PULUMI_COMMAND_STDOUT: last }, nothing);
            assert.deepEqual([code, api.store.records.size], [0, 0]);
        });

        it("never prints the token, not even one that cannot be one", async () => {
            for (const token of ["two\nlines-of-a-token", deployToken]) {
                const { stdout, stderr } = await dns("prune", { CLOUDFLARE_API_TOKEN: token });
                assert.ok(!(stdout + stderr).includes(token.slice(-10)), stderr);
            }
        });
    });

    describe("the pods' init container", () => {
        /** The volumes as the kubelet mounts them: every file is a link into a folder that it can exchange. */
        function mount(token: string, wanted: object = hosts): string[] {
            const data = join(folder, "..data");
            mkdirSync(data);
            for (const [file, script] of Object.entries(dnsScripts().files)) {
                writeFileSync(join(data, file), script);
                symlinkSync(join("..data", file), join(folder, file));
            }
            writeFileSync(join(folder, "hosts.json"), JSON.stringify(wanted));
            writeFileSync(join(folder, "token"), `${token}\n`);
            return [join(folder, "dns.mjs"), "ensure", join(folder, "hosts.json")];
        }
        const podEnv = (more: NodeJS.ProcessEnv = {}) => ({
            ...env(more),
            CLOUDFLARE_API_TOKEN: undefined,
            CLOUDFLARE_API_TOKEN_FILE: join(folder, "token"),
        });

        it("makes the records, with the token from a file", async () => {
            const { code, stderr } = await finish(start(mount(dnsToken), podEnv()));
            assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
            assert.deepEqual(
                [...api.store.records.values()].map(({ name, comment }) => [name, comment]),
                names(2).map((name) => [name, owner]),
            );
        });

        it("exits 0 whatever happens, and says what did", async () => {
            const args = mount("wrong".repeat(8));
            const conflict = await finish(start(args, podEnv()));
            assert.equal(conflict.code, 0);
            assert.match(conflict.stderr, /answered 403: 9109 Invalid access token/);
            assert.match(conflict.stderr, /The tunnel starts all the same/);
            rmSync(join(folder, "hosts.json"));
            const broken = await finish(start(args, podEnv()));
            assert.equal(broken.code, 0);
            assert.match(broken.stderr, /ENOENT.*hosts\.json/);
        });

        it("leaves its summary where kubectl describe shows it, short enough for the kubelet", async () => {
            const conflicts = Array.from(
                { length: 150 },
                (_, i) => `name-of-30-characters-${String(i)}`,
            );
            for (const name of conflicts) {
                const post = { type: "A", name, content: "192.0.2.1" };
                await callApi(api.url, ["POST", recordsPath, post], { token: dnsToken });
            }
            const hostnames = conflicts.map((name) => `${name}.${zone.domain}`);
            const args = mount(dnsToken, { ...hosts, zones: [{ ...zone, hostnames }] });
            const log = join(folder, "log");
            const { stdout } = await finish(start([...redirected(log), ...args], podEnv()));
            assert.ok(stdout.length > 4096);
            const text = readFileSync(log, "utf8");
            assert.ok(text.length <= 4096, String(text.length));
            const message = JSON.parse(text) as { result: string; conflicts: string[] };
            assert.equal(message.result, "conflict");
            assert.deepEqual(message.conflicts.slice(9), [hostnames[9], "and 140 more"]);
        });

        it("leaves the very line that it prints when that is short", async () => {
            const log = join(folder, "log");
            const child = start([...redirected(log), ...mount(dnsToken)], podEnv());
            const { stdout } = await finish(child);
            assert.equal(`${readFileSync(log, "utf8")}\n`, stdout);
        });

        it("ends at once when the pod does, in the midst of waiting for the API as well", async () => {
            await api.faults.set({ target: "cloudflare-api", kind: "503" });
            const child = start(mount(dnsToken), podEnv());
            await once(child.stderr, "data");
            child.kill("SIGTERM");
            assert.deepEqual(await once(child, "close"), [143, null]);
        });

        it("waits as long as the clock is wrong, and ends at once when the pod does", async () => {
            const tls = await certificateFor(["127.0.0.1"], { valid: "not-yet" });
            const { certFile } = await labCa();
            const early = await startApi({ tokens, zones: [zone], port: 0, tls });
            try {
                const more = { CLOUDFLARE_BASE_URL: early.url, NODE_EXTRA_CA_CERTS: certFile };
                const child = start(mount(dnsToken), podEnv(more));
                const [said] = (await once(child.stderr, "data")) as [Buffer];
                assert.match(String(said), /not valid yet\. This machine's clock says .*NTP/);
                assert.equal(child.exitCode, null);
                child.kill("SIGTERM");
                assert.deepEqual(await once(child, "close"), [143, null]);
            } finally {
                await early.close();
            }
        });
    });
});

/** Node's options for a program that finds `file` where it looks for /dev/termination-log, which no test may make. */
function redirected(file: string): string[] {
    const log = JSON.stringify("/dev/termination-log");
    const script = `
        import fs from "node:fs";
        import { syncBuiltinESMExports } from "node:module";
        const { existsSync, writeFileSync } = fs;
        fs.existsSync = (path) => path === ${log} || existsSync(path);
        fs.writeFileSync = (path, text) =>
            writeFileSync(path === ${log} ? ${JSON.stringify(file)} : path, text);
        syncBuiltinESMExports();`;
    return ["--import", `data:text/javascript,${encodeURIComponent(script)}`];
}
