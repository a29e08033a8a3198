import assert from "node:assert/strict";
import { startApi, type Api } from "../lab/cloudflare/api";
import { retryDelay } from "../lab/providers/cloudflare/client";
import { cloudflarePackage } from "../lab/providers/cloudflare/package";
import type { Values } from "../lab/providers/values";
import { accountId, zone } from "../lab/facts";
import { deployToken, tokens } from "./cloudflare-calls";
import { Driver } from "./provider-rules";

const type = "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared";
const secretOf = (byte: number) => Buffer.alloc(32, byte).toString("base64");

// Against the lab's stand-in for Cloudflare's API: what that gets wrong, this does not find.
describe("the cloudflare stand-in's tunnel", () => {
    let api: Api;
    beforeEach(async () => {
        api = await startApi({ tokens, zones: [zone], port: 0 });
    });
    afterEach(() => api.close());

    const inputs = { accountId, configSrc: "local", name: "home", tunnelSecret: secretOf(1) };
    const driver = (config: Values = {}) =>
        new Driver(cloudflarePackage, { baseUrl: api.url, apiToken: deployToken, ...config });
    const changeByHand = (id: string, change: { name?: string; deleted_at?: string }) => {
        const tunnel = api.store.tunnels.get(id);
        assert.ok(tunnel);
        api.store.setTunnel({ ...tunnel, ...change });
    };

    it("is created, changed in place and deleted", async () => {
        const made = await driver().create(type, inputs);
        assert.equal(made.outputs["accountTag"], accountId);
        assert.equal(made.outputs["tunnelSecret"], inputs.tunnelSecret);
        const renamed = await driver().update(made, { ...inputs, name: "cottage" });
        assert.equal(renamed.outputs["name"], "cottage");
        await driver().remove(renamed);
        assert.notEqual(api.store.tunnels.get(made.id)?.deleted_at, null);
    });

    it("is replaced when it moves to another account, and only then", async () => {
        const made = await driver().create(type, inputs);
        const diff = (change: Values) => driver().diff(made, { ...inputs, ...change });
        assert.deepEqual(diff({ accountId: "f".repeat(32) }), ["accountId!"]);
        assert.deepEqual(diff({ tunnelSecret: secretOf(2) }), ["tunnelSecret"]);
    });

    it("is refused at once, with Cloudflare's reason, when the name is taken", async () => {
        await driver().create(type, inputs);
        await assert.rejects(
            driver().create(type, inputs),
            /^Error: POST http.*cfd_tunnel: 409 .*1013.*already have a tunnel with this name/,
        );
    });

    it("is refused before any call when the token cannot be one", async () => {
        const wrong = driver({ apiToken: "short" });
        await assert.rejects(wrong.create(type, inputs), /apiToken must be 40 to 80 letters/);
        assert.deepEqual(api.requests, []);
    });

    it("shows no secret when a call fails", async () => {
        const elsewhere = { ...inputs, accountId: "f".repeat(32) };
        await assert.rejects(driver().create(type, elsewhere), ({ message }: Error) => {
            assert.match(message, /403/);
            return !message.includes(inputs.tunnelSecret) && !message.includes(deployToken);
        });
    });

    it("shows in a refresh what somebody changed by hand, and nothing else", async () => {
        const made = await driver().create(type, inputs);
        assert.deepEqual(await driver().drift(made), []);
        changeByHand(made.id, { name: "cottage" });
        assert.deepEqual(await driver().drift(made), ['name: "cottage"']);
    });

    it("is gone after a refresh only when Cloudflare no longer answers for it", async () => {
        const made = await driver().create(type, inputs);
        changeByHand(made.id, { deleted_at: "2026-01-01T00:00:00Z" });
        assert.deepEqual(await driver().drift(made), []);
        api.store.tunnels.delete(made.id);
        assert.equal(await driver().drift(made), "deleted");
    });

    it("is imported by ACCOUNT/TUNNEL, without its secret", async () => {
        const { id } = await driver().create(type, inputs);
        const imported = await driver().import(type, `${accountId}/${id}`);
        assert.deepEqual(imported?.inputs, { accountId, configSrc: "local", name: "home" });
        assert.equal(imported.id, id);
        await assert.rejects(driver().import(type, id), /does not have the form ACCOUNT\/TUNNEL/);
    });

    it("is looked at before it is taken over: who made it, and nothing of its secret", async () => {
        const token =
            "cloudflare:index/getZeroTrustTunnelCloudflared:getZeroTrustTunnelCloudflared";
        const { id } = await driver().create(type, { ...inputs, configSrc: "cloudflare" });
        const found = await driver().invoke(token, { accountId, tunnelId: id });
        assert.deepEqual(
            [found?.["id"], found?.["name"], found?.["configSrc"]],
            [id, "home", "cloudflare"],
        );
        assert.doesNotMatch(JSON.stringify(found), new RegExp(inputs.tunnelSecret));
        const tunnelId = "6ff42ae2-765d-4adf-8112-31c55c1551ef";
        await assert.rejects(driver().invoke(token, { accountId, tunnelId }), /no tunnel 6ff42ae2/);
        await assert.rejects(
            driver().invoke("cloudflare:index/x:x", {}),
            /does not have the function/,
        );
    });
});

describe("retries of Cloudflare calls", () => {
    const headers = (values: Record<string, string> = {}) => new Headers(values);

    it("wait longer each time, up to 30 s, for what can get better", () => {
        const waits = [0, 1, 5].map((n) => retryDelay(n, { status: 503, headers: headers() }));
        assert.deepEqual(waits, [2000, 4000, 30_000]);
        assert.equal(retryDelay(0, { headers: headers() }), 2000);
        assert.equal(retryDelay(0, { status: 400, headers: headers() }), undefined);
    });

    it("follow what the server asks for", () => {
        const after = (seconds: string) => headers({ "retry-after": seconds });
        assert.equal(retryDelay(4, { status: 429, headers: after("7") }), 7000);
        assert.equal(retryDelay(0, { status: 429, headers: after("300") }), 2000);
        const never = headers({ "x-should-retry": "false" });
        assert.equal(retryDelay(0, { status: 409, headers: never }), undefined);
    });
});
