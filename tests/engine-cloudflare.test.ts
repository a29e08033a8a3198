import assert from "node:assert/strict";
import { startApi, type Api } from "../lab/cloudflare/api";
import { cloudflarePackage } from "../lab/engine/providers/cloudflare";
import type { Values } from "../lab/engine/values";
import { accountId, zone } from "../lab/facts";
import { deployToken, tokens } from "./cloudflare-calls";

const type = "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared";
const secretOf = (byte: number) => Buffer.alloc(32, byte).toString("base64");

// Against the lab's stand-in for Cloudflare's API: what that gets wrong, this does not find.
describe("the bundled engine's tunnel", () => {
    let api: Api;
    beforeEach(async () => {
        api = await startApi({ tokens, zones: [zone], port: 0 });
    });
    afterEach(() => api.close());

    const inputs = { accountId, configSrc: "local", name: "home", tunnelSecret: secretOf(1) };
    const about = { urn: "urn:pulumi:dev::p::t::home", type, name: "home", preview: false };
    const request = { ...about, status: () => undefined };
    const provider = (config: Values = {}) =>
        cloudflarePackage.configure({ baseUrl: api.url, apiToken: deployToken, ...config });

    it("is created, changed in place, read and deleted", async () => {
        const tunnel = provider();
        const { id, outputs } = await tunnel.create({ ...request, inputs });
        assert.equal(outputs["accountTag"], accountId);
        assert.equal(outputs["tunnelSecret"], inputs.tunnelSecret);
        const existing = { ...request, id, oldInputs: inputs, ignoreChanges: [] };
        const renamed = { ...inputs, name: "cottage" };
        const changed = { ...existing, oldOutputs: outputs, inputs: renamed };
        assert.equal((await tunnel.update(changed))["name"], "cottage");
        const read = await tunnel.read?.(type, `${accountId}/${id}`);
        assert.deepEqual(read?.inputs, { accountId, configSrc: "local", name: "cottage" });
        await tunnel.delete({ ...existing, oldOutputs: outputs });
        const gone = await tunnel.read?.(type, `${accountId}/${id}`);
        assert.notEqual(gone?.outputs["deletedAt"], undefined);
    });

    it("makes no call in a preview", async () => {
        const unreachable = provider({ baseUrl: "http://127.0.0.1:1", apiToken: "t".repeat(40) });
        const preview = { ...request, preview: true, inputs };
        assert.deepEqual(await unreachable.create(preview), { id: "", outputs: inputs });
    });

    it("is replaced when it moves to another account, and only then", () => {
        const compare = (change: Values) =>
            provider()
                .diff({
                    ...{ ...about, id: "x", oldInputs: inputs, oldOutputs: {}, ignoreChanges: [] },
                    inputs: { ...inputs, ...change },
                })
                .changes.map(({ path, replace }) => [path[0], replace]);
        assert.deepEqual(compare({ accountId: "f".repeat(32) }), [["accountId", true]]);
        assert.deepEqual(compare({ tunnelSecret: secretOf(2) }), [["tunnelSecret", false]]);
    });

    it("is refused under a name that is taken, at once and with Cloudflare's reason", async () => {
        await provider().create({ ...request, inputs });
        await assert.rejects(
            provider().create({ ...request, inputs }),
            /^Error: POST http.*cfd_tunnel: 409 .*1013.*already have a tunnel with this name/,
        );
    });

    it("is refused with a token that cannot be one, before any call", async () => {
        await assert.rejects(
            provider({ apiToken: "short" }).create({ ...request, inputs }),
            /apiToken must be 40 to 80 letters/,
        );
    });

    it("never tells a secret when it fails", async () => {
        const elsewhere = { ...inputs, accountId: "f".repeat(32) };
        await assert.rejects(
            provider().create({ ...request, inputs: elsewhere }),
            ({ message }: Error) => {
                assert.match(message, /403/);
                return !message.includes(inputs.tunnelSecret) && !message.includes(deployToken);
            },
        );
    });
});
