import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import type { ContactPoint } from "../../lab/grafana/store";
import { askGrafana } from "../../lab/house-grafana";
import { internetClient } from "../../lab/internet-client";
import { labSecrets } from "../../lab/secrets";
import { stackConfig } from "../../lab/stack-config";
import { stackPlace } from "../../lab/stack-place";
import { editedConfig, kube, rekindle } from "./lab";

const internet = internetClient();
const tunnels = async () =>
    (await internet.tunnels()).filter((tunnel) => tunnel.deleted_at === null);

/** The uids of the contact points that `up` made, in this state or in one that is lost. */
async function ourContactPoints(): Promise<string[]> {
    const points = await askGrafana<ContactPoint[]>("/api/v1/provisioning/contact-points");
    return points.filter(({ provenance }) => provenance === "api").map(({ uid }) => uid);
}

/** Deletes the Workers KV namespace, as its owner does in Cloudflare's dashboard. */
async function removeNamespace(): Promise<void> {
    const account = stackConfig()["accountId"] as string;
    const url = `https://cloudflare.lab.test/client/v4/accounts/${account}/storage/kv/namespaces`;
    const headers = { authorization: `Bearer ${labSecrets().cloudflareToken}` };
    const listed = await internet.visit({ url, headers });
    assert.ok("status" in listed && listed.status === 200, JSON.stringify(listed));
    const { result } = JSON.parse(listed.body) as { result: { id: string; title: string }[] };
    const found = result.find(({ title }) => title === "rekindle-dev");
    const removed = await internet.visit({
        url: `${url}/${found?.id ?? ""}`,
        method: "DELETE",
        headers,
    });
    assert.ok("status" in removed && removed.status === 200, JSON.stringify(removed));
}

/** The tunnel, its records and its pods are there; only the state is gone, with the disk it was on. */
describe("a stack whose state is lost", () => {
    let poll: string;
    let namespaces: string;

    before("somebody visits git all along", async () => {
        namespaces = await kube(
            "get",
            "namespaces",
            "-o",
            "name",
            "-l",
            "pod-security.kubernetes.io/enforce",
        );
        poll = await internet.startPoll({
            url: "https://git.home.example/",
            everyMs: 100,
            maxSeconds: 1200,
        });
        rmSync(stackPlace().stateFolder, { recursive: true });
    });

    it("is never made a second time: `up` says that the tunnel is there already", async () => {
        const before = await internet.records();
        const up = await rekindle("up");
        assert.notEqual(up.exit, 0);
        assert.match(up.output, /You already have a tunnel with this name/);
        // What to do about it.
        assert.match(up.output, /pulumi config set --path rekindle:tunnel.import ID/);
        assert.equal((await tunnels()).length, 1);
        assert.deepEqual(await internet.records(), before);
    });

    it("takes its tunnel and records over with tunnel.import, their ids unchanged", async () => {
        const [tunnel] = await tunnels();
        const before = await internet.records();
        // As docs/home.md says: neither can be taken over, and neither holds anything but what `up` makes.
        const orphans = await ourContactPoints();
        await askGrafana("/api/folders/rekindle?forceDeleteRules=true", "DELETE");
        await removeNamespace();
        const importing = editedConfig((config) => {
            config["rekindle:tunnel"].import = tunnel?.id ?? "";
        });
        const up = await rekindle("up", "--config-file", importing);
        assert.equal(up.exit, 0, up.output);
        const ops = (up.report.changes ?? []).map(({ op }) => op);
        assert.ok(ops.includes("import"), up.output);
        assert.deepEqual(
            (await tunnels()).map(({ id }) => id),
            [tunnel?.id],
        );
        assert.deepEqual(await internet.records(), before);
        // As it says, too: nothing sends to the lost state's contact points, and a person deletes them.
        for (const uid of orphans) {
            await askGrafana(`/api/v1/provisioning/contact-points/${uid}`, "DELETE");
        }
        assert.equal((await ourContactPoints()).length, orphans.length);
        // The pods of the lost state still run; whoever finds them removes them.
        await kube("delete", ...namespaces.split("\n"));
    });

    it("needs `import` only once", async () => {
        const up = await rekindle("up");
        assert.equal(up.exit, 0, up.output);
        const { create, replace, delete: deleted } = up.report.steps ?? {};
        assert.deepEqual([create, replace, deleted], [0, 0, 0], up.output);
        assert.deepEqual((await rekindle("preview")).report.changes, []);
    });

    it("served all along", async () => {
        const { counts, failures } = await internet.stopPoll(poll);
        assert.deepEqual(Object.keys(counts), ["200"], JSON.stringify(failures));
    });
});
