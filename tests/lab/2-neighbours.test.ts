import assert from "node:assert/strict";
import { internetClient } from "../../lab/internet-client";
import { startOtherHome, type OtherHome } from "./other-home";
import { editedConfig, kube, rekindle } from "./lab";

const internet = internetClient();
const service = "http://git.git.svc.cluster.local:3000";
const own = "tunnel-health-dev.home.example";
/** What a home of an older version has. */
const theirs = "tunnel-health.home.example";
const cam = "cam.home.example";

const withRoutes = (hostnames: readonly string[], adopt: string[] = []) =>
    editedConfig((config) => {
        config["rekindle:routes"].push(...hostnames.map((hostname) => ({ hostname, service })));
        config["rekindle:tunnel"] = { ...config["rekindle:tunnel"], ...{ adopt } };
    });
const statusOf = async (hostname: string) => {
    const visit = await internet.visit(`https://${hostname}/`);
    return "status" in visit ? visit.status : visit.error;
};

/** The other home is an older version's: it has the health hostname that every home had. */
describe("another home on the same domain", () => {
    let other: OtherHome;
    const theirRecords = async () =>
        (await internet.records()).filter(({ content }) => content === other.target);

    before("it is up", async () => {
        other = await startOtherHome([theirs, cam]);
        await other.addRecord(theirs);
        await other.addRecord(cam);
    });
    after("it is gone, and its records", async () => {
        await other.abandon();
        await Promise.all((await theirRecords()).map(({ id }) => internet.removeRecord(id)));
        const up = await rekindle("up");
        assert.equal(up.exit, 0, up.output);
    });

    it("keeps its hostname while it is alive: `up` says whose it is, and adds the other route", async () => {
        const before = await theirRecords();
        const both = withRoutes(["wiki.home.example", cam]);
        const up = await rekindle("up", "--config-file", both);
        assert.notEqual(up.exit, 0);
        assert.match(up.output, /that of another Rekindle stack, rekindle\/cabin, for its tunnel/);
        assert.match(up.output, /the home is alive\. Never adopt or delete this record\./);
        assert.doesNotMatch(up.output, /under adopt in rekindle:tunnel/);
        assert.deepEqual(await theirRecords(), before);
        assert.deepEqual([await statusOf("wiki.home.example"), await statusOf(cam)], [200, 204]);
    });

    it("is in nobody's way otherwise: `up` goes well beside it, and each tunnel proves itself", async () => {
        const before = await theirRecords();
        const up = await rekindle("up", "--config-file", withRoutes(["wiki.home.example"]));
        assert.equal(up.exit, 0, up.output);
        assert.deepEqual(await theirRecords(), before);
        assert.deepEqual([await statusOf(own), await statusOf(theirs)], [204, 204]);
    });

    it("leaves its hostname once it is abandoned: `up` says so, and its advice works", async () => {
        await other.abandon();
        const refused = await rekindle("up", "--config-file", withRoutes([cam]));
        assert.notEqual(refused.exit, 0);
        const [, adopt = ""] =
            /the record is abandoned\. Delete the record, or list (\S+) under adopt/.exec(
                refused.output,
            ) ?? [];
        assert.equal(adopt, other.target, refused.output);
        const up = await rekindle("up", "--config-file", withRoutes([cam], [adopt]));
        assert.equal(up.exit, 0, up.output);
        assert.equal(await statusOf(cam), 200);
        // Only what a route wants.
        assert.deepEqual(
            (await theirRecords()).map(({ name }) => name),
            [theirs],
        );
    });
});

describe("a cluster whose DNS is elsewhere than rekindle:clusterDns says", () => {
    const withDns = (clusterDns: string) =>
        editedConfig((config) => {
            config["rekindle:clusterDns"] = clusterDns;
        });
    const pods = async () => {
        const selector = "app.kubernetes.io/name=cloudflared";
        const text = await kube("get", "pods", "-A", "-l", selector, "-o", "name");
        return text.split("\n").sort();
    };
    let right: string;

    for (const command of ["preview", "up"] as const) {
        it(`stops \`${command}\` before a connector is replaced, and says where it is`, async () => {
            const before = [await pods(), await internet.records()];
            const { exit, output } = await rekindle(
                command,
                "--config-file",
                withDns("10.96.0.10"),
            );
            assert.notEqual(exit, 0);
            assert.match(
                output,
                /^ *error: rekindle:clusterDns is 10\.96\.0\.10, and this cluster's DNS answers at 10\.43\.0\.10/m,
            );
            right = /pulumi config set rekindle:clusterDns (\S+)/.exec(output)?.[1] ?? "";
            assert.deepEqual([await pods(), await internet.records()], before);
        });
    }

    it("is right with the address that was said: there is nothing to change", async () => {
        const preview = await rekindle("preview", "--config-file", withDns(right));
        assert.equal(preview.exit, 0, preview.output);
        assert.deepEqual(preview.report.changes, []);
    });
});
