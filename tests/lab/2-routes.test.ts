import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { zone } from "../../lab/facts";
import { internetClient } from "../../lab/internet-client";
import { project } from "../../lab/paths";
import { homeCa } from "../right-pem";
import { editedConfig, outcome, rekindle, verb } from "./lab";

const service = "http://git.git.svc.cluster.local:3000";
const withRoute = (hostname: string) =>
    editedConfig((config) => {
        config["rekindle:routes"].push({ hostname, service });
    });

describe("routes", () => {
    const internet = internetClient();
    let poll: string;

    before("somebody visits git all along", async () => {
        poll = await internet.startPoll({
            url: "https://git.home.example/",
            everyMs: 100,
            maxSeconds: 1200,
        });
    });

    after("no route and no record of others", async () => {
        const left = (await internet.records()).filter(({ name }) => name === "nas.home.example");
        await Promise.all(left.map(({ id }) => internet.removeRecord(id)));
    });

    it("are served as soon as the next `up` has added them, which has nothing left to do but that", async () => {
        const added = await rekindle("up", "--config-file", withRoute("wiki.home.example"));
        assert.equal(added.exit, 0, added.output);
        assert.equal(added.report.steps?.create, 0);
        const wiki = await internet.visit("https://wiki.home.example/");
        assert.ok("status" in wiki && wiki.status === 200, JSON.stringify(wiki));
    });

    it("are many kinds at once, over HTTP/2, while Cloudflare's list of records lags behind", async () => {
        const access = { required: true, teamName: "home", audTag: ["0".repeat(64)] };
        const hostname = "git.home.example";
        const file = editedConfig((config) => {
            config["rekindle:tunnel"].protocol = "http2";
            config["rekindle:routes"].push(
                // Each form of a Service's name, as Go looks it up in the connector's pod.
                { hostname: "form0.home.example", service: "http://git.git:3000" },
                { hostname: "form1.home.example", service: "http://git.git.svc:3000" },
                { hostname, path: "^/api/", service: "http_status:418" },
                { hostname, path: "(?i)^/members/", service, originRequest: { access } },
                // The connector does not start unless it finds the CA in its pod.
                { hostname: "wiki.home.example", service, originRequest: { caPool: homeCa } },
            );
        });
        // Pods and `up` add records at the same time, and neither sees those of the other in the list.
        await verb("fault", "cloudflare-api", "stale");
        const up = await rekindle("up", "--config-file", file);
        await verb("fault", "clear");
        assert.equal(up.exit, 0, up.output);
    });

    it("answer by each form of a Service's name, and with a CA of the home's own", async () => {
        for (const name of ["form0", "form1", "wiki"]) {
            const visit = await internet.visit(`https://${name}.home.example/`);
            assert.ok(
                "status" in visit && visit.status === 200,
                `${name}: ${JSON.stringify(visit)}`,
            );
        }
    });

    it("are several for one hostname, each with its path, one of them with Access", async () => {
        const hostname = "git.home.example";
        const seen = [];
        for (const path of ["/", "/api/x", "/Members/1", "/x/api/"]) {
            const visit = await internet.visit(`https://${hostname}${path}`);
            seen.push("status" in visit ? visit.status : visit.error);
        }
        // The service itself has no page at the last path.
        assert.deepEqual(seen, [200, 418, 403, 404]);
        const records = (await internet.records()).filter(({ name }) => name === hostname);
        assert.equal(records.length, 1);
    });

    it("never take a record that somebody else made; the other changes are done all the same", async () => {
        const foreign = await internet.addRecord({
            zoneId: zone.id,
            type: "A",
            name: "nas.home.example",
            content: "192.0.2.7",
        });
        const up = await rekindle("up", "--config-file", withRoute("nas.home.example"));
        assert.notEqual(up.exit, 0);
        assert.match(
            up.output,
            /nas\.home\.example: the A record to 192\.0\.2\.7 is not this stack's/,
        );
        const records = await internet.records();
        assert.deepEqual(
            records.find((record) => record.name === "nas.home.example"),
            foreign,
        );
        // Removed by the same `up`: its record went, and with it the site.
        assert.ok(!records.some((record) => record.name === "wiki.home.example"));
        assert.ok("error" in (await internet.visit("https://wiki.home.example/")));
    });

    it("that are in the way are told by `dns status` too, which changes nothing", async () => {
        const before = await internet.records();
        const child = spawn("sh", ["lab/run.sh", "lab", "dns", "status"], { cwd: project });
        const { exit, output } = await outcome(child);
        assert.equal(exit, 2, output);
        assert.match(output, /^ok +git\.home\.example$/m);
        assert.match(output, /^somebody else's +nas\.home\.example +A record to 192\.0\.2\.7$/m);
        assert.deepEqual(await internet.records(), before);
    });

    it("are gone as soon as `up` has removed them", async () => {
        const back = await rekindle("up");
        assert.equal(back.exit, 0, back.output);
        const names = (await internet.records()).map((record) => record.name);
        assert.deepEqual(names.sort(), [
            "git.home.example",
            "nas.home.example",
            "tunnel-health-dev.home.example",
        ]);
    });

    it("that stay are served all along", async () => {
        const seen = await internet.stopPoll(poll);
        assert.deepEqual(Object.keys(seen.counts), ["200"], JSON.stringify(seen.failures));
        console.log(`        ${seen.counts["200"] ?? 0} visits, all answered 200`);
        assert.ok((seen.counts["200"] ?? 0) > 100, JSON.stringify(seen.counts));
    });
});
