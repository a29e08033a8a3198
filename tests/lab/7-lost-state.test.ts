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

/** Asks Cloudflare's API for something of the account, as its owner does in the dashboard. */
async function inDashboard<T>(method: string, path: string, body?: object): Promise<T> {
    const account = stackConfig()["accountId"] as string;
    const answer = await internet.visit({
        url: `https://cloudflare.lab.test/client/v4/accounts/${account}/${path}`,
        method,
        headers: {
            authorization: `Bearer ${labSecrets().cloudflareToken}`,
            "content-type": "application/json",
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.ok("status" in answer && answer.status === 200, JSON.stringify(answer));
    return (JSON.parse(answer.body) as { result: T }).result;
}

/** Deletes the Workers KV namespace, as its owner does in Cloudflare's dashboard. */
async function removeNamespace(): Promise<void> {
    const path = "storage/kv/namespaces";
    const all = await inDashboard<{ id: string; title: string }[]>("GET", path);
    const found = all.find(({ title }) => title === "rekindle-dev");
    await inDashboard("DELETE", `${path}/${found?.id ?? ""}`);
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

    it("never takes over a tunnel that was made in the dashboard: the preview says what to do instead", async () => {
        const { id } = await inDashboard<{ id: string }>("POST", "cfd_tunnel", {
            ...{ name: "from-the-dashboard", config_src: "cloudflare" },
            tunnel_secret: Buffer.alloc(32, 9).toString("base64"),
        });
        const before = await internet.records();
        const importing = editedConfig((config) => {
            config["rekindle:tunnel"].import = id;
        });
        const preview = await rekindle("preview", "--config-file", importing);
        await inDashboard("DELETE", `cfd_tunnel/${id}`);
        assert.notEqual(preview.exit, 0, preview.output);
        assert.match(
            preview.output,
            /\("from-the-dashboard"\) was made in Cloudflare's dashboard and cannot be taken over/,
        );
        assert.match(
            preview.output,
            new RegExp(`tunnel\\.adopt\\[0\\]' ${id}\\.cfargotunnel\\.com`),
        );
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
