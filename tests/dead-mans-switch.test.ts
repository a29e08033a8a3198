import assert from "node:assert/strict";
import { DeadMansSwitch, watchdogScript } from "../components/dead-mans-switch";
import { registrations, the, type Registration } from "./registrations";

const args = {
    accountId: "0".repeat(32),
    scriptName: "rekindle-home",
    workersSubdomain: "me",
    healthUrl: "https://tunnel-health.home.example/",
    heartbeatSecret: "beat-secret",
    telegramToken: "bot-secret",
    chatId: "-1001",
    runbooks: "https://runbooks.example",
};

describe("DeadMansSwitch", () => {
    let all: Registration[];
    before(async () => {
        all = await registrations((options) => {
            new DeadMansSwitch("watchdog", args, options);
        });
    });

    it("is a Worker with a store, a clock and an address, all below the component", () => {
        const own = all.filter(({ type }) => type.startsWith("cloudflare:"));
        assert.deepEqual(own.map(({ type }) => type.split(":")[2]).sort(), [
            ...["WorkersCronTrigger", "WorkersKvNamespace", "WorkersScript"],
            "WorkersScriptSubdomain",
        ]);
        assert.ok(own.every(({ below }) => below));
    });

    it("sends watchdog.mjs word for word, with no secret in it", () => {
        const { inputs } = the(all, "cloudflare:index/workersScript:WorkersScript", "watchdog");
        assert.equal(inputs["content"], watchdogScript());
        assert.doesNotMatch(watchdogScript(), /-secret|-1001/);
    });

    it("binds the store, the chat and both secrets; the bindings are secret, the rest is not", () => {
        const script = the(all, "cloudflare:index/workersScript:WorkersScript", "watchdog");
        assert.deepEqual(script.inputs["bindings"], [
            { name: "BOT_TOKEN", type: "secret_text", text: "bot-secret" },
            { name: "CHAT_ID", type: "plain_text", text: "-1001" },
            { name: "HEALTH_URL", type: "plain_text", text: args.healthUrl },
            { name: "HEARTBEAT_SECRET", type: "secret_text", text: "beat-secret" },
            { name: "RUNBOOKS", type: "plain_text", text: args.runbooks },
            { name: "STATE", type: "kv_namespace", namespaceId: "watchdog-id" },
            { name: "THREAD_ID", type: "plain_text", text: "" },
        ]);
        assert.deepEqual(script.secrets, ["bindings"]);
        const component = the(all, "rekindle:index:DeadMansSwitch", "watchdog");
        assert.deepEqual([...component.secrets].sort(), ["heartbeatSecret", "telegramToken"]);
    });

    it("looks every three minutes: within 15 minutes of the last heartbeat it has told", () => {
        const { inputs } = the(
            all,
            "cloudflare:index/workersCronTrigger:WorkersCronTrigger",
            "watchdog",
        );
        assert.deepEqual(inputs["schedules"], [{ cron: "*/3 * * * *" }]);
    });

    it("has its heartbeats' address on workers.dev, and no previews there", async () => {
        let url = "";
        const seen = await registrations((options) => {
            new DeadMansSwitch("watchdog", args, options).heartbeatUrl.apply((value) => {
                url = value;
            });
        });
        assert.equal(url, "https://rekindle-home.me.workers.dev/heartbeat");
        const type = "cloudflare:index/workersScriptSubdomain:WorkersScriptSubdomain";
        const { inputs } = the(seen, type, "watchdog");
        assert.deepEqual([inputs["enabled"], inputs["previewsEnabled"]], [true, false]);
    });

    it("refuses a name that no Worker can have", async () => {
        await assert.rejects(
            registrations((options) => {
                new DeadMansSwitch("watchdog", { ...args, scriptName: "Rekindle.Home" }, options);
            }),
            /No Worker can be named "Rekindle\.Home": .* Give the stack such a name\./,
        );
    });
});
