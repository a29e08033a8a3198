import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { dnsScripts } from "../components/tunnel-records";
import { certificateFor, labCa } from "../lab/ca";
import { startApi, type Api } from "../lab/cloudflare/api";
import { accountId, zone } from "../lab/facts";
import { callApi, deployToken, dnsToken, tokens, tunnelsPath } from "./cloudflare-calls";
import { names, owner, target, want } from "./dns-world";

const project = join(__dirname, "..");
/** Without the target, which comes from the environment. */
const hosts = { ...want(names(2)), target: undefined };

/** The scripts as Pulumi's commands and the pods start them: programs of their own, judged by exit code and output. */
describe("dns.mjs and disconnect.mjs as programs", () => {
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
            await callApi(api.url, ["POST", `/zones/${zone.id}/dns_records`, record], {
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

        it("exits 64 when it is called wrongly, and says how", async () => {
            for (const [run, complaint] of [
                [dns("purge"), /no mode "purge": use ensure, prune, destroy, remember, status/],
                [dns("prune", { DNS_TARGET: "" }), /the environment has no DNS_TARGET/],
                [dns("prune", { CLOUDFLARE_BASE_URL: "x" }), /BASE_URL is not an address: x/],
                [dns("prune", {}, "{"), /JSON/],
            ] as const) {
                const { code, stderr } = await run;
                assert.equal(code, 64, stderr);
                assert.match(stderr, complaint);
            }
            assert.deepEqual(api.requests, []);
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
        function mount(token: string): string[] {
            const data = join(folder, "..data");
            mkdirSync(data);
            for (const [file, script] of Object.entries(dnsScripts().files)) {
                writeFileSync(join(data, file), script);
                symlinkSync(join("..data", file), join(folder, file));
            }
            writeFileSync(join(folder, "hosts.json"), JSON.stringify(hosts));
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

    describe("disconnect.mjs", () => {
        const disconnect = (tunnel: string, token: string) =>
            finish(
                start(["components/scripts/disconnect.mjs"], {
                    ...env({ CLOUDFLARE_API_TOKEN: token }),
                    CLOUDFLARE_ACCOUNT_ID: accountId,
                    CLOUDFLARE_TUNNEL_ID: tunnel,
                }),
            );

        it("drops the connections of a tunnel", async () => {
            const tunnel = {
                name: "home",
                config_src: "local",
                tunnel_secret: Buffer.alloc(32).toString("base64"),
            };
            const made = await callApi(api.url, ["POST", tunnelsPath, tunnel], {
                token: deployToken,
            });
            const { id } = made.result as { id: string };
            api.requests.length = 0;
            const { code, stdout } = await disconnect(id, deployToken);
            assert.deepEqual({ code, stdout }, { code: 0, stdout: '{"result":"ok"}\n' });
            assert.deepEqual(
                api.requests.map(({ method, path, status }) => [method, path, status]),
                [["DELETE", `/client/v4${tunnelsPath}/${id}/connections`, 200]],
            );
        });

        it("has nothing to do when the tunnel is gone", async () => {
            const { code, stderr } = await disconnect("gone", deployToken);
            assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
        });

        it("fails when Cloudflare denies it", async () => {
            const { code, stderr } = await disconnect("any", dnsToken);
            assert.equal(code, 3);
            assert.match(stderr, /answered 403.*Check the API token/);
        });
    });
});

function start(args: readonly string[], env: NodeJS.ProcessEnv, input = "") {
    const child = spawn(process.execPath, args, { cwd: project, env });
    // A wrong call ends without reading its input, and is judged by its exit code.
    child.stdin.on("error", () => undefined).end(input);
    return child;
}

async function finish(child: ReturnType<typeof start>) {
    const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, "close") as Promise<[number | null]>,
    ]);
    return { code, stdout, stderr };
}
