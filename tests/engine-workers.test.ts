import assert from "node:assert/strict";
import { watchdogScript } from "../components/dead-mans-switch";
import { startApi, type Api } from "../lab/cloudflare/api";
import { Clock } from "../lab/cloudflare/clock";
import { WorkerStore } from "../lab/cloudflare/worker-store";
import { Workers } from "../lab/cloudflare/workers";
import { cloudflarePackage } from "../lab/engine/providers/cloudflare";
import type { Values } from "../lab/engine/values";
import { accountId, zone } from "../lab/facts";
import { deployToken, tokens } from "./cloudflare-calls";

const typeOf = (name: string) =>
    `cloudflare:index/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`;

// Against the lab's stand-in for Cloudflare's API: what that gets wrong, this does not find.
describe("the bundled engine's Workers", () => {
    let api: Api;
    let store: WorkerStore;
    beforeEach(async () => {
        const none = async () => Promise.resolve(new Response(null, { status: 204 }));
        store = new WorkerStore(new Workers({ clock: new Clock(), fetch: none }));
        const allowed = () =>
            tokens().map((token) => ({ ...token, workers: token.name === "deploy" }));
        api = await startApi({ tokens: allowed, zones: [zone], port: 0, workers: store });
    });
    afterEach(async () => {
        await Promise.all([api.close(), store.workers.close()]);
    });

    const provider = () => cloudflarePackage.configure({ baseUrl: api.url, apiToken: deployToken });
    const about = (name: string, inputs: Values) => ({
        ...{ urn: "urn:pulumi:dev::p::t::w", type: typeOf(name), name: "w", preview: false },
        ...{ inputs, status: () => undefined },
    });
    const create = async (name: string, inputs: Values) => provider().create(about(name, inputs));
    const remove = async (name: string, id: string, oldInputs: Values) => {
        const old = { ...about(name, oldInputs), id, oldInputs, oldOutputs: oldInputs };
        await provider().delete({ ...old, ignoreChanges: [] });
    };
    const script = (namespaceId: string, text = "1") => ({
        ...{ accountId, scriptName: "rekindle-home", mainModule: "watchdog.mjs" },
        ...{ content: watchdogScript(), compatibilityDate: "2026-01-01" },
        bindings: [
            { name: "CHAT_ID", type: "plain_text", text },
            { name: "STATE", type: "kv_namespace", namespaceId },
        ],
    });

    it("are made with their store, clock and address, and deleted without a trace", async () => {
        const title = { accountId, title: "rekindle-home" };
        const { id } = await create("WorkersKvNamespace", title);
        const made = await create("WorkersScript", script(id));
        assert.equal(made.id, "rekindle-home");
        const own = { accountId, scriptName: "rekindle-home" };
        const crons = { ...own, schedules: [{ cron: "*/3 * * * *" }] };
        const address = { ...own, enabled: true, previewsEnabled: false };
        await create("WorkersCronTrigger", crons);
        await create("WorkersScriptSubdomain", address);
        const { crons: kept, subdomain, bindings } = store.scripts.get("rekindle-home") ?? {};
        assert.deepEqual([kept, subdomain, bindings?.length], [["*/3 * * * *"], true, 2]);
        await remove("WorkersScriptSubdomain", "rekindle-home", address);
        await remove("WorkersCronTrigger", "rekindle-home", crons);
        await remove("WorkersScript", "rekindle-home", script(id));
        await remove("WorkersKvNamespace", id, title);
        assert.deepEqual([store.scripts.size, store.namespaces.size], [0, 0]);
        // What is gone already is no failure.
        await remove("WorkersScript", "rekindle-home", script(id));
    });

    it("keep crons and address when the script changes", async () => {
        const { id } = await create("WorkersKvNamespace", { accountId, title: "t" });
        await create("WorkersScript", script(id));
        const own = { accountId, scriptName: "rekindle-home" };
        await create("WorkersCronTrigger", { ...own, schedules: [{ cron: "* * * * *" }] });
        const old = script(id);
        await provider().update({
            ...{ ...about("WorkersScript", script(id, "2")), id: "rekindle-home" },
            ...{ oldInputs: old, oldOutputs: old, ignoreChanges: [] },
        });
        const { crons, bindings } = store.scripts.get("rekindle-home") ?? {};
        assert.deepEqual(crons, ["* * * * *"]);
        assert.deepEqual(bindings?.[0], { name: "CHAT_ID", type: "plain_text", text: "2" });
    });

    it("are refused when the store they bind is not there, with Cloudflare's reason", async () => {
        await assert.rejects(create("WorkersScript", script("none")), /400 .*10041.*not found/);
    });

    it("are refused inputs that this engine does not handle", () => {
        assert.throws(
            () =>
                provider().check({
                    ...about("WorkersScript", { ...script("x"), logpush: true }),
                }),
            /logpush is not handled by the bundled engine/,
        );
    });
});
