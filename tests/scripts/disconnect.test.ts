import assert from "node:assert/strict";
import { once } from "node:events";
import { startApi, type Api } from "../../lab/cloudflare/api";
import { accountId } from "../../lab/facts";
import { callApi, deployToken, dnsToken, tokens, tunnelsPath } from "../cloudflare-calls";
import { startAnswering } from "../dns-world";
import { finish, start } from "../script";

describe("disconnect.mjs", () => {
    let api: Api;
    beforeEach(async () => {
        api = await startApi({ tokens, zones: [], port: 0 });
    });
    afterEach(() => api.close());

    const begin = (tunnel: string, more: NodeJS.ProcessEnv = {}) =>
        start(["components/scripts/disconnect.mjs"], {
            CLOUDFLARE_BASE_URL: api.url,
            CLOUDFLARE_API_TOKEN: deployToken,
            CLOUDFLARE_ACCOUNT_ID: accountId,
            CLOUDFLARE_TUNNEL_ID: tunnel,
            ...more,
        });
    const disconnect = (...args: Parameters<typeof begin>) => finish(begin(...args));

    it("drops the connections of a tunnel", async () => {
        const tunnel = {
            name: "home",
            config_src: "local",
            tunnel_secret: Buffer.alloc(32).toString("base64"),
        };
        const made = await callApi(api.url, ["POST", tunnelsPath, tunnel], { token: deployToken });
        const { id } = made.result as { id: string };
        api.requests.length = 0;
        const { code, stdout } = await disconnect(id);
        assert.deepEqual({ code, stdout }, { code: 0, stdout: '{"result":"ok"}\n' });
        assert.deepEqual(
            api.requests.map(({ method, path, status }) => [method, path, status]),
            [["DELETE", `/client/v4${tunnelsPath}/${id}/connections`, 200]],
        );
    });

    it("has nothing to do when the tunnel is gone", async () => {
        const { code, stderr } = await disconnect("gone");
        assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    });

    it("exits 3 when Cloudflare denies it, after one try", async () => {
        for (const [token, status] of [
            [dnsToken, 403],
            ["short", 400],
        ] as const) {
            api.requests.length = 0;
            const { code, stdout, stderr } = await disconnect("any", {
                CLOUDFLARE_API_TOKEN: token,
            });
            assert.deepEqual({ code, stdout }, { code: 3, stdout: '{"result":"denied"}\n' });
            assert.match(stderr, new RegExp(`answered ${String(status)}.*Check the API token`));
            assert.equal(api.requests.length, 1);
        }
    });

    it("exits 4 when Cloudflare asks for more time than there is patience", async () => {
        const server = await startAnswering((_request, response) => {
            response.writeHead(503, { "retry-after": "3600" }).end();
        });
        const { code, stdout, stderr } = await disconnect("any", {
            CLOUDFLARE_BASE_URL: server.url,
        });
        server.close();
        assert.deepEqual({ code, stdout }, { code: 4, stdout: '{"result":"unavailable"}\n' });
        assert.match(stderr, /answered 503, .*asks to wait 3600 s/);
    });

    it("asks again while Cloudflare fails", async () => {
        await api.faults.set({ target: "cloudflare-api", kind: "503" });
        const child = begin("gone");
        child.stderr.once("data", () => void api.faults.clear());
        const [code] = (await once(child, "close")) as [number];
        assert.equal(code, 0);
        assert.deepEqual(
            api.requests.map(({ status }) => status),
            [503, 404],
        );
    });

    it("exits 64 when it is called wrongly, and says what is missing", async () => {
        const { code, stderr } = await disconnect("");
        assert.equal(code, 64);
        assert.match(stderr, /^disconnect\.mjs: the environment has no CLOUDFLARE_TUNNEL_ID\./);
    });
});
