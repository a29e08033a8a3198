import assert from "node:assert/strict";
import { watchdogScript } from "../components/dead-mans-switch";
import { startApi, type Api } from "../lab/cloudflare/api";
import { Clock } from "../lab/cloudflare/clock";
import { WorkerStore, type Deployment } from "../lab/cloudflare/worker-store";
import { Workers } from "../lab/cloudflare/workers";
import { cloudflarePackage } from "../lab/providers/cloudflare/package";
import { accountId, zone } from "../lab/facts";
import { deployToken, tokens } from "./cloudflare-calls";
import { Driver } from "./provider-rules";

const scriptName = "rekindle-home";
const own = { accountId, scriptName };
const types = {
    namespace: "cloudflare:index/workersKvNamespace:WorkersKvNamespace",
    script: "cloudflare:index/workersScript:WorkersScript",
    crons: "cloudflare:index/workersCronTrigger:WorkersCronTrigger",
    subdomain: "cloudflare:index/workersScriptSubdomain:WorkersScriptSubdomain",
};

// Against the lab's stand-in for Cloudflare's API: what that gets wrong, this does not find.
describe("the cloudflare stand-in's Workers", () => {
    let api: Api;
    let store: WorkerStore;
    let driver: Driver;
    beforeEach(async () => {
        const none = async () => Promise.resolve(new Response(null, { status: 204 }));
        store = new WorkerStore(new Workers({ clock: new Clock(), fetch: none }));
        const allowed = () =>
            tokens().map((token) => ({ ...token, workers: token.name === "deploy" }));
        api = await startApi({ tokens: allowed, zones: [zone], port: 0, workers: store });
        driver = new Driver(cloudflarePackage, { baseUrl: api.url, apiToken: deployToken });
    });
    afterEach(async () => {
        await Promise.all([api.close(), store.workers.close()]);
    });

    const script = (namespaceId: string, text = "1") => ({
        ...{ ...own, mainModule: "watchdog.mjs" },
        ...{ content: watchdogScript(), compatibilityDate: "2026-01-01" },
        bindings: [
            { name: "TOKEN", type: "secret_text", text: "tell-nobody" },
            { name: "CHAT_ID", type: "plain_text", text },
            { name: "STATE", type: "kv_namespace", namespaceId },
        ],
    });
    const createAll = async () => {
        const namespace = await driver.create(types.namespace, { accountId, title: scriptName });
        return {
            namespace,
            script: await driver.create(types.script, script(namespace.id)),
            crons: await driver.create(types.crons, {
                ...{ ...own, schedules: [{ cron: "*/3 * * * *" }] },
            }),
            subdomain: await driver.create(types.subdomain, { ...own, enabled: true }),
        };
    };
    const changeByHand = async (change: Partial<Deployment>) => {
        const deployment = store.scripts.get(scriptName);
        assert.ok(deployment);
        await store.setScript(scriptName, { ...deployment, ...change });
    };

    it("are created with their store, clock and address, and deleted without a trace", async () => {
        const all = await createAll();
        assert.equal(all.script.id, scriptName);
        const { crons, subdomain, bindings } = store.scripts.get(scriptName) ?? {};
        assert.deepEqual([crons, subdomain, bindings?.length], [["*/3 * * * *"], true, 3]);
        for (const one of [all.subdomain, all.crons, all.script, all.namespace]) {
            await driver.remove(one);
        }
        assert.deepEqual([store.scripts.size, store.namespaces.size], [0, 0]);
        // What is gone already is no failure.
        await driver.remove(all.script);
    });

    it("keep crons and address when the script changes", async () => {
        const all = await createAll();
        await driver.update(all.script, script(all.namespace.id, "2"));
        const { crons, subdomain, bindings } = store.scripts.get(scriptName) ?? {};
        assert.deepEqual([crons, subdomain], [["*/3 * * * *"], true]);
        assert.deepEqual(bindings?.[1], { name: "CHAT_ID", type: "plain_text", text: "2" });
    });

    it("are refused with Cloudflare's reason when the store they bind does not exist", async () => {
        await assert.rejects(driver.create(types.script, script("none")), /400 .*10041.*not found/);
    });

    it("are refused inputs that the stand-in does not handle", () => {
        assert.throws(
            () => driver.check(types.script, { ...script("x"), logpush: true }),
            /the stand-in does not handle the input logpush; it handles accountId, /,
        );
    });

    it("show no drift when nobody changed them, whatever the order of bindings", async () => {
        const all = await createAll();
        await changeByHand({
            bindings: store.scripts.get(scriptName)?.bindings.toReversed() ?? [],
        });
        for (const one of Object.values(all)) {
            assert.deepEqual(await driver.drift(one), [], one.type);
        }
    });

    it("show in a refresh what somebody changed by hand", async () => {
        const all = await createAll();
        store.setNamespace(all.namespace.id, "other");
        const bindings = [
            { name: "TOKEN", type: "secret_text", text: "another secret" },
            { name: "STATE", type: "kv_namespace", namespace_id: all.namespace.id },
            { name: "EXTRA", type: "plain_text", text: "x" },
        ] as const;
        await changeByHand({ content: "export default {}", bindings, crons: [], subdomain: false });
        assert.deepEqual(await driver.drift(all.namespace), ['title: "other"']);
        // The new secret is nowhere to be seen.
        assert.deepEqual(await driver.drift(all.script), [
            ...['bindings[1].name: "STATE"', 'bindings[1].namespaceId: "' + all.namespace.id + '"'],
            ...["bindings[1].text: undefined", 'bindings[1].type: "kv_namespace"'],
            ...['bindings[2].name: "EXTRA"', "bindings[2].namespaceId: undefined"],
            ...['bindings[2].text: "x"', 'bindings[2].type: "plain_text"'],
            'content: "export default {}"',
        ]);
        assert.deepEqual(await driver.drift(all.crons), ["schedules[0]: undefined"]);
        assert.deepEqual(await driver.drift(all.subdomain), ["enabled: false"]);
    });

    it("are gone after a refresh when somebody deleted them", async () => {
        const all = await createAll();
        await store.removeScript(scriptName);
        store.removeNamespace(all.namespace.id);
        for (const one of Object.values(all)) {
            assert.equal(await driver.drift(one), "deleted", one.type);
        }
    });

    it("are imported by ACCOUNT/NAME", async () => {
        const all = await createAll();
        for (const { type, id, inputs } of [all.namespace, all.crons]) {
            const imported = await driver.import(type, `${accountId}/${id}`);
            assert.deepEqual([imported?.id, imported?.inputs], [id, inputs]);
        }
    });
});
