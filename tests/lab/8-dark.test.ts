import assert from "node:assert/strict";
import { pis, zone } from "../../lab/facts";
import { internetClient } from "../../lab/internet-client";
import { powerCut, powerOn } from "../../lab/pi";
import type { DnsRecord } from "../../lab/cloudflare/store";
import { editedConfig, kube, rekindle, rekindleWith, until, verb } from "./lab";

const internet = internetClient();
const everything = ["cloudflare-api", "edge", "dns", "uplink"];

describe("with the whole house dark", () => {
    let foreign: DnsRecord[];
    const foreignNow = async () =>
        (await internet.records()).filter(({ id }) => foreign.some((record) => record.id === id));

    // A Grafana that is gone with the house is forgotten first (docs/home.md).
    const withoutGrafana = () =>
        editedConfig((config) => {
            Object.assign(config, { "rekindle:grafana": {} });
        });

    before("records of others beside ours; then no power, no uplink, no Cloudflare", async () => {
        const cname = (name: string, comment?: string) =>
            internet.addRecord({
                ...{
                    zoneId: zone.id,
                    type: "CNAME",
                    name: `${name}.${zone.domain}`,
                    proxied: true,
                },
                content: "22222222-0000-0000-0000-000000000000.cfargotunnel.com",
                ...(comment === undefined ? {} : { comment }),
            });
        await Promise.all([
            cname("handmade"),
            cname("another", "rekindle:elsewhere/home tunnel=dev"),
            cname("drill", "rekindle:rekindle/drill tunnel=dev"),
        ]);
        const ours = "rekindle:rekindle/dev tunnel=dev";
        foreign = (await internet.records()).filter(({ comment }) => comment !== ours);
        assert.ok(foreign.length >= 3);
        await Promise.all(pis.map(powerCut));
        await Promise.all(everything.map((target) => verb("fault", target, "down")));
    });
    after(async () => {
        await verb("fault", "clear");
        await Promise.all(pis.map(powerOn));
    });

    it("preview shows the right difference, from the state, and asks Cloudflare nothing", async () => {
        const before = (await internet.requests()).length;
        const edited = editedConfig((config) => {
            config["rekindle:routes"].push({
                hostname: "wiki.home.example",
                service: "http://wiki.wiki",
            });
        });
        const preview = await rekindle("preview", "--config-file", edited);
        assert.equal(preview.exit, 0, preview.output);
        assert.deepEqual(
            (preview.report.changes ?? [])
                .map(({ op, urn }) => `${op} ${urn.split("::").pop() ?? ""}`)
                .sort(),
            [
                "replace tunnel-config",
                "replace tunnel-dns",
                "update tunnel",
                "update tunnel-cloudflared",
                // The CronJob that mounts it, and the command.
                ...["update tunnel-dns", "update tunnel-dns"],
            ],
        );
        assert.match(preview.output, /wiki\.home\.example/);
        assert.deepEqual((await rekindle("preview")).report.changes, []);
        assert.equal((await internet.requests()).length, before);
        console.log(`        the preview took ${preview.report.seconds.toFixed(0)} s`);
    });

    it("while it is up, `up` without rekindle:grafana takes all alerting out of it", async () => {
        await verb("fault", "clear");
        await Promise.all(pis.map(powerOn));
        await until("the API server", 60, async () => kube("get", "nodes").catch(() => undefined));
        const up = await rekindle("up", "--config-file", withoutGrafana());
        assert.deepEqual(up.report.errors, [], up.output);
        await Promise.all(pis.map(powerCut));
    });

    it("destroy stops at the cluster, and names the switch for one that is gone", async () => {
        const destroyed = await rekindle("destroy");
        assert.notEqual(destroyed.exit, 0);
        assert.match(destroyed.output, /PULUMI_K8S_DELETE_UNREACHABLE/);
        assert.equal((await internet.tunnels()).filter((t) => t.deleted_at === null).length, 1);
        assert.deepEqual(await foreignNow(), foreign);
    });

    it("with that switch exactly our records and the tunnel are gone; Pis that do not answer keep their volumes", async () => {
        const destroyed = await rekindleWith({ PULUMI_K8S_DELETE_UNREACHABLE: "true" }, "destroy");
        assert.notEqual(destroyed.exit, 0);
        assert.match(destroyed.output, /volume-pi1-guardian .*error: after 10 failed attempts/);
        assert.deepEqual(
            (await internet.tunnels()).filter((tunnel) => tunnel.deleted_at === null),
            [],
        );
        assert.deepEqual(await internet.records(), foreign);
    });

    it("once the machines are wiped of it, `npm start` converges again", async () => {
        await Promise.all(pis.map(powerOn));
        // What a reinstalled k3s does not have any more; its pods would make records for the old tunnel.
        await until("the API server", 60, async () =>
            kube(
                "delete",
                "namespaces",
                "-l",
                "pod-security.kubernetes.io/enforce=restricted",
            ).catch(() => undefined),
        );
        const records = (await internet.records()).filter(
            ({ content }) => !foreign.some((f) => f.content === content),
        );
        await Promise.all(records.map(({ id }) => internet.removeRecord(id)));
        const start = await rekindle("start");
        assert.equal(start.exit, 0, start.output);
        assert.deepEqual(await foreignNow(), foreign);
        await Promise.all(foreign.slice(-3).map(({ id }) => internet.removeRecord(id)));
    });
});
