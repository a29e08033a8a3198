import assert from "node:assert/strict";
import { zone } from "../../lab/facts";
import { internetClient } from "../../lab/internet-client";
import { editedConfig, rekindle } from "./lab";

const service = "http://git.git.svc.cluster.local:3000";

describe("routes", () => {
    const internet = internetClient();

    it("follow `up` while the others stay served all along", async () => {
        const two = editedConfig((config) => {
            config["rekindle:routes"].push({ hostname: "wiki.home.example", service });
        });
        const poll = await internet.startPoll({ url: "https://git.home.example/", everyMs: 100 });

        const added = await rekindle("up", "--config-file", two);
        assert.equal(added.exit, 0, added.output);
        const wiki = await internet.visit("https://wiki.home.example/");
        assert.ok("status" in wiki && wiki.status === 200, JSON.stringify(wiki));

        const removed = await rekindle("up");
        assert.equal(removed.exit, 0, removed.output);
        assert.ok("error" in (await internet.visit("https://wiki.home.example/")));
        const names = (await internet.records()).map((record) => record.name);
        assert.deepEqual(
            names.filter((name) => name === "wiki.home.example"),
            [],
        );
        assert.ok(names.includes("git.home.example"));

        const seen = await internet.stopPoll(poll);
        assert.deepEqual(Object.keys(seen.counts), ["200"], JSON.stringify(seen.failures));
        assert.ok((seen.counts["200"] ?? 0) > 100, JSON.stringify(seen.counts));
    });

    it("never take a record that somebody else made", async () => {
        const foreign = await internet.addRecord({
            zoneId: zone.id,
            type: "A",
            name: "nas.home.example",
            content: "192.0.2.7",
        });
        const wanting = editedConfig((config) => {
            config["rekindle:routes"].push({ hostname: "nas.home.example", service });
        });
        const up = await rekindle("up", "--config-file", wanting);
        assert.notEqual(up.exit, 0);
        assert.match(up.output, /nas\.home\.example/);
        const kept = (await internet.records()).find(
            (record) => record.name === "nas.home.example",
        );
        assert.deepEqual(kept, foreign);

        const back = await rekindle("up");
        assert.equal(back.exit, 0, back.output);
    });
});
