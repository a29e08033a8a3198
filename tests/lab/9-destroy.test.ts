import assert from "node:assert/strict";
import { readCounter } from "../../lab/counter";
import type { DnsRecord } from "../../lab/cloudflare/store";
import { pis, zone } from "../../lab/facts";
import { internetClient } from "../../lab/internet-client";
import { piNamed, ssh } from "../../lab/ssh";
import { begin, begun, tunnelObjects } from "./ended-run";
import { editedConfig, kube, rekindle, until } from "./lab";

const internet = internetClient();
const root = (name: string, command: string) =>
    ssh(piNamed(name), ["sudo", "-n", "sh", "-s"], { input: command });
const tunnels = async () =>
    (await internet.tunnels()).filter(({ deleted_at }) => deleted_at === null);

/** What the cluster holds beside the stack's own: kind, name and the id that a copy would not have. */
async function objects(): Promise<string[]> {
    const kinds = "nodes,namespaces,deployments,daemonsets,services,configmaps,secrets";
    const column = "custom-columns=A:.kind,B:.metadata.namespace,C:.metadata.name,D:.metadata.uid";
    const lines = await kube("get", kinds, "-A", "--no-headers", "-o", column);
    return lines
        .split("\n")
        .filter((line) => !line.includes("tunnel"))
        .map((line) => line.replaceAll(/ +/g, " ")) // as wide as the widest name of that moment
        .sort();
}

// Both runs end where a thing exists and the state does not know it, or the other way round.
describe("npm run destroy, and `up` after it", () => {
    let held: string[];
    let foreign: DnsRecord[];
    let added: string;

    before("a record of somebody else", async () => {
        held = await objects();
        const others = { type: "A", name: "others.home.example", content: "192.0.2.9" };
        const { id } = await internet.addRecord({ zoneId: zone.id, ...others });
        added = id;
        foreign = (await internet.records()).filter(
            ({ comment }) => comment !== "rekindle:rekindle/dev tunnel=dev",
        );
    });
    after(() => internet.removeRecord(added));

    it("continues where one was killed while it deleted the Deployment", async () => {
        const { ended, end } = begin("destroy");
        await begun("delete", "kubernetes:apps/v1:Deployment");
        end("SIGKILL");
        await ended;
        const destroyed = await rekindle("destroy");
        assert.equal(destroyed.exit, 0, destroyed.output);
        assert.match(destroyed.output, /killed and left its lock: running `pulumi cancel`/);
        assert.deepEqual(await tunnelObjects("deployments"), []);
    });

    it("leaves no tunnel and no record of its own, and the foreign one as it was", async () => {
        assert.deepEqual(await tunnels(), []);
        assert.ok(foreign.length > 0);
        assert.deepEqual(await internet.records(), foreign);
    });

    it("brings k3s's data back to the cards: every object is there, every counted write is kept", async () => {
        assert.deepEqual(await objects(), held);
        for (const pi of pis) {
            assert.doesNotMatch(await root(pi.name, "cat /etc/fstab"), /pi-volume/);
            assert.equal(await root(pi.name, "findmnt -rn /var/lib/rancher || true"), "");
            const { whole, kept, told } = await readCounter(pi);
            assert.ok(whole && told > 0 && kept >= told, JSON.stringify({ kept, told }));
        }
    });

    it("is followed by a preview that says of a tunnel to import that it was deleted", async () => {
        const [deleted] = await internet.tunnels();
        const importing = editedConfig((config) => {
            config["rekindle:tunnel"].import = deleted?.id ?? "";
        });
        const preview = await rekindle("preview", "--config-file", importing);
        assert.notEqual(preview.exit, 0);
        assert.match(preview.output, /was deleted at .* and no connector can join it/);
    });

    it("makes nothing twice: an `up` was killed while it waited for the new Deployment", async () => {
        const { ended, end } = begin("up");
        await begun("create", "kubernetes:apps/v1:Deployment");
        await until("the Deployment", 60, async () => (await tunnelObjects("deployments"))[0]);
        end("SIGKILL");
        await ended;
        const { exit, output, report } = await rekindle("up");
        assert.equal(exit, 0, output);
        assert.ok(
            report.checks.every(({ ok }) => ok),
            JSON.stringify(report.checks),
        );
        assert.match(output, /killed and left its lock: running `pulumi cancel`/);
        assert.match(output, /killed while it created something: running `pulumi refresh`/);
        assert.equal((await tunnelObjects("deployments")).length, 1);
        assert.equal((await tunnelObjects("namespaces")).length, 1);
        assert.equal((await tunnels()).length, 1);
    });
});
