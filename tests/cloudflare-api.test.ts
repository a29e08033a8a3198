import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApi, type Api } from "../lab/cloudflare/api";
import { RateLimit } from "../lab/cloudflare/rate-limit";
import { Store } from "../lab/cloudflare/store";
import { accountId, zone } from "../lab/facts";
import {
    assertRefused,
    callApi,
    deployToken,
    dnsToken,
    recordsPath,
    tokens,
    tunnelsPath,
} from "./cloudflare-calls";

const tunnelSecret = Buffer.alloc(32, 7).toString("base64");
const newTunnel = { name: "home", config_src: "local", tunnel_secret: tunnelSecret };
describe("Cloudflare API stand-in", () => {
    let api: Api;
    beforeEach(async () => {
        api = await startApi({ tokens, zones: [zone], port: 0 });
    });
    afterEach(() => api.close());
    const call = (token: string | undefined, ...request: [string, string, unknown?]) =>
        callApi(api.url, request, token === undefined ? {} : { token });
    const deploy = (...request: [string, string, unknown?]) => call(deployToken, ...request);
    const dns = (...request: [string, string, unknown?]) => call(dnsToken, ...request);
    describe("tokens", () => {
        it("wants a bearer token that exists", async () => {
            assertRefused(await call(undefined, "GET", recordsPath), 400, 6003);
            assertRefused(await call("short", "GET", recordsPath), 400, 6003);
            assertRefused(await call("x".repeat(40), "GET", recordsPath), 403, 9109);
        });
        it("gives each token its own permissions only", async () => {
            assertRefused(await dns("GET", tunnelsPath), 403, 10000);
            assertRefused(await deploy("GET", recordsPath), 403, 10000);
            const otherZone = `/zones/${"f".repeat(32)}/dns_records`;
            assertRefused(await dns("GET", otherZone), 403, 10000);
            assertRefused(
                await deploy("GET", `/accounts/${"f".repeat(32)}/cfd_tunnel`),
                403,
                10000,
            );
            assert.equal((await dns("GET", "/user/tokens/verify")).status, 200);
        });
        it("shows a zone to the token that may edit it", async () => {
            const found = (await dns("GET", `/zones?name=${zone.domain}`)).result;
            assert.deepEqual(
                (found as { id: string; name: string }[]).map(({ id, name }) => [id, name]),
                [[zone.id, zone.domain]],
            );
            assert.deepEqual((await deploy("GET", "/zones")).result, []);
            assertRefused(await deploy("GET", `/zones/${zone.id}`), 403, 10000);
        });
        it("records each request under the token's name", async () => {
            await dns("GET", recordsPath);
            await call("x".repeat(40), "GET", recordsPath);
            assert.deepEqual(
                api.requests.map(({ method, path, status, token }) => [
                    method,
                    path,
                    status,
                    token,
                ]),
                [
                    ["GET", `/client/v4${recordsPath}`, 200, "dns"],
                    ["GET", `/client/v4${recordsPath}`, 403, null],
                ],
            );
        });
        it("refuses a token that asks too often, with the time to wait", async () => {
            await api.close();
            const rateLimit = { requests: 2, seconds: 300 };
            api = await startApi({ tokens, zones: [zone], port: 0, rateLimit });
            const answers = [];
            for (let i = 0; i < 3; i++) {
                answers.push(await dns("GET", recordsPath));
            }
            assert.deepEqual(
                answers.map(({ status }) => status),
                [200, 200, 429],
            );
            assert.equal(answers[2]?.headers["retry-after"], "300");
            assert.equal((await deploy("GET", tunnelsPath)).status, 200);
        });
    });

    describe("tunnels", () => {
        const create = async (name = "home") =>
            (await deploy("POST", tunnelsPath, { ...newTunnel, name })).result as {
                id: string;
                status: string;
            };

        it("creates one without ever telling its secret", async () => {
            const tunnel = await create();
            const read = await deploy("GET", `${tunnelsPath}/${tunnel.id}`);
            assert.deepEqual(read.result, tunnel);
            assert.equal(tunnel.status, "inactive");
            assert.ok(!JSON.stringify(tunnel).includes(tunnelSecret));
        });
        it("gives the token that a connector runs with", async () => {
            const { id } = await create();
            const { result } = await deploy("GET", `${tunnelsPath}/${id}/token`);
            const token = JSON.parse(Buffer.from(String(result), "base64").toString()) as unknown;
            assert.deepEqual(token, { a: accountId, t: id, s: tunnelSecret });
        });
        it("refuses a name that is taken, until the other is deleted", async () => {
            const { id } = await create();
            assertRefused(await deploy("POST", tunnelsPath, newTunnel), 409, 1013);
            const other = await create("other");
            const rename = { name: "home" };
            assertRefused(await deploy("PATCH", `${tunnelsPath}/${other.id}`, rename), 409, 1013);
            await deploy("DELETE", `${tunnelsPath}/${id}`);
            assert.equal((await deploy("POST", tunnelsPath, newTunnel)).status, 200);
        });
        it("refuses a secret that is too short", async () => {
            const short = { ...newTunnel, tunnel_secret: Buffer.alloc(31).toString("base64") };
            assertRefused(await deploy("POST", tunnelsPath, short), 400, 1001);
        });
        it("changes only what a PATCH names", async () => {
            const { id } = await create();
            const tunnel_secret = Buffer.alloc(40).toString("base64");
            await deploy("PATCH", `${tunnelsPath}/${id}`, { tunnel_secret });
            const tunnel = api.store.tunnels.get(id);
            assert.deepEqual([tunnel?.name, tunnel?.tunnel_secret], ["home", tunnel_secret]);
        });
        it("keeps a deleted tunnel readable, and nothing more", async () => {
            const { id } = await create();
            const path = `${tunnelsPath}/${id}`;
            await deploy("DELETE", path);
            const read = await deploy("GET", path);
            assert.equal(read.status, 200);
            assert.notEqual((read.result as { deleted_at: string | null }).deleted_at, null);
            assertRefused(await deploy("PATCH", path, { name: "again" }), 404, 1002);
            assertRefused(await deploy("DELETE", path), 404, 1002);
            assertRefused(await deploy("GET", `${tunnelsPath}/00000000`), 404, 1002);
            const listed = await deploy("GET", `${tunnelsPath}?is_deleted=false`);
            assert.deepEqual(listed.result, []);
        });
    });

    it("says that a call is not in the stand-in", async () => {
        assertRefused(await dns("GET", `/zones/${zone.id}/settings`), 404, 7000);
    });
});

describe("Cloudflare API stand-in's rate limit", () => {
    it("counts anew in the next window, and blocks for a whole one", () => {
        const limit = new RateLimit({ requests: 1, seconds: 10 });
        assert.equal(limit.take("a", 0), undefined);
        assert.equal(limit.take("a", 4000), 10);
        assert.equal(limit.take("a", 11_000), 3);
        assert.equal(limit.take("a", 14_000), undefined);
    });
});

describe("Cloudflare stand-in's store", () => {
    it("goes on after a restart with what it had, in a file that only its user can read", async () => {
        const dir = mkdtempSync(join(tmpdir(), "rekindle-store-"));
        try {
            const file = join(dir, "cloudflare.json");
            const first = await startApi({
                tokens,
                zones: [zone],
                port: 0,
                store: new Store([zone], file),
            });
            await callApi(
                first.url,
                ["POST", recordsPath, { type: "A", name: "nas", content: "192.0.2.9" }],
                { token: dnsToken },
            );
            await callApi(first.url, ["POST", tunnelsPath, newTunnel], { token: deployToken });
            await first.close();
            const again = new Store([zone], file);
            assert.deepEqual([...again.records.values()], [...first.store.records.values()]);
            assert.deepEqual([...again.tunnels.values()], [...first.store.tunnels.values()]);
            assert.equal(again.tunnels.size, 1);
            assert.equal(statSync(file).mode & 0o777, 0o600);
        } finally {
            rmSync(dir, { recursive: true });
        }
    });
});
