import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApi, type Api } from "../lab/cloudflare/api";
import { RateLimit } from "../lab/cloudflare/rate-limit";
import { Store, type DnsRecord } from "../lab/cloudflare/store";
import { accountId, zone } from "../lab/facts";
import {
    callApi,
    deployToken,
    dnsToken,
    recordsPath,
    tokens,
    tunnelsPath,
    type Answer,
} from "./cloudflare-world";

const tunnelSecret = Buffer.alloc(32, 7).toString("base64");
const newTunnel = { name: "home", config_src: "local", tunnel_secret: tunnelSecret };
const cname = (name: string, more: object = {}) => ({
    type: "CNAME",
    name,
    content: "a.cfargotunnel.com",
    proxied: true,
    ttl: 1,
    ...more,
});

describe("Cloudflare API stand-in", () => {
    let api: Api;
    beforeEach(async () => {
        api = await startApi({ tokens, zones: [zone], port: 0 });
    });
    afterEach(() => api.close());
    const call = (token: string | undefined, ...request: [string, string, unknown?]) =>
        callApi(api.url, request, token === undefined ? {} : { token });
    const deploy = (...request: [string, string, unknown?]) => call(deployToken, ...request);
    const dns = (...request: [string, string, unknown?]) => call(dnsToken, ...request);
    const records = () => api.store.zoneRecords(zone.id);
    const refused = (answer: Answer, status: number, code: number) => {
        assert.deepEqual([answer.status, answer.code, answer.result], [status, code, null]);
        assert.equal(answer.headers["x-should-retry"], "false");
        assert.match(String(answer.headers["content-type"]), /^application\/json/);
    };

    describe("tokens", () => {
        it("wants a bearer token that exists", async () => {
            refused(await call(undefined, "GET", recordsPath), 400, 6003);
            refused(await call("short", "GET", recordsPath), 400, 6003);
            refused(await call("x".repeat(40), "GET", recordsPath), 403, 9109);
        });
        it("gives each token its own permissions only", async () => {
            refused(await dns("GET", tunnelsPath), 403, 10000);
            refused(await deploy("GET", recordsPath), 403, 10000);
            const otherZone = `/zones/${"f".repeat(32)}/dns_records`;
            refused(await dns("GET", otherZone), 403, 10000);
            refused(await deploy("GET", `/accounts/${"f".repeat(32)}/cfd_tunnel`), 403, 10000);
            assert.equal((await dns("GET", "/user/tokens/verify")).status, 200);
        });
        it("shows a zone to the token that may edit it", async () => {
            const found = (await dns("GET", `/zones?name=${zone.domain}`)).result;
            assert.deepEqual(
                (found as { id: string; name: string }[]).map(({ id, name }) => [id, name]),
                [[zone.id, zone.domain]],
            );
            assert.deepEqual((await deploy("GET", "/zones")).result, []);
            refused(await deploy("GET", `/zones/${zone.id}`), 403, 10000);
        });
        it("records each request under the token's name", async () => {
            await dns("GET", recordsPath);
            await call("x".repeat(40), "GET", recordsPath);
            assert.deepEqual(
                api.requests.map(({ method, path, status, token }) => [
                    method,
                    path,
                    status,
                    token,
                ]),
                [
                    ["GET", `/client/v4${recordsPath}`, 200, "dns"],
                    ["GET", `/client/v4${recordsPath}`, 403, null],
                ],
            );
        });
        it("refuses a token that asks too often, with the time to wait", async () => {
            await api.close();
            const rateLimit = { requests: 2, seconds: 300 };
            api = await startApi({ tokens, zones: [zone], port: 0, rateLimit });
            const answers = [];
            for (let i = 0; i < 3; i++) {
                answers.push(await dns("GET", recordsPath));
            }
            assert.deepEqual(
                answers.map(({ status }) => status),
                [200, 200, 429],
            );
            assert.equal(answers[2]?.headers["retry-after"], "300");
            assert.equal((await deploy("GET", tunnelsPath)).status, 200);
        });
    });

    describe("tunnels", () => {
        const create = async (name = "home") =>
            (await deploy("POST", tunnelsPath, { ...newTunnel, name })).result as {
                id: string;
                status: string;
            };

        it("creates one without ever telling its secret", async () => {
            const tunnel = await create();
            const read = await deploy("GET", `${tunnelsPath}/${tunnel.id}`);
            assert.deepEqual(read.result, tunnel);
            assert.equal(tunnel.status, "inactive");
            assert.ok(!JSON.stringify(tunnel).includes(tunnelSecret));
        });
        it("gives the token that a connector runs with", async () => {
            const { id } = await create();
            const { result } = await deploy("GET", `${tunnelsPath}/${id}/token`);
            const token = JSON.parse(Buffer.from(String(result), "base64").toString()) as unknown;
            assert.deepEqual(token, { a: accountId, t: id, s: tunnelSecret });
        });
        it("refuses a name that is taken, until the other is deleted", async () => {
            const { id } = await create();
            refused(await deploy("POST", tunnelsPath, newTunnel), 409, 1013);
            const other = await create("other");
            const rename = { name: "home" };
            refused(await deploy("PATCH", `${tunnelsPath}/${other.id}`, rename), 409, 1013);
            await deploy("DELETE", `${tunnelsPath}/${id}`);
            assert.equal((await deploy("POST", tunnelsPath, newTunnel)).status, 200);
        });
        it("refuses a secret that is too short", async () => {
            const short = { ...newTunnel, tunnel_secret: Buffer.alloc(31).toString("base64") };
            refused(await deploy("POST", tunnelsPath, short), 400, 1001);
        });
        it("changes only what a PATCH names", async () => {
            const { id } = await create();
            const tunnel_secret = Buffer.alloc(40).toString("base64");
            await deploy("PATCH", `${tunnelsPath}/${id}`, { tunnel_secret });
            const tunnel = api.store.tunnels.get(id);
            assert.deepEqual([tunnel?.name, tunnel?.tunnel_secret], ["home", tunnel_secret]);
        });
        it("keeps a deleted tunnel readable, and nothing more", async () => {
            const { id } = await create();
            const path = `${tunnelsPath}/${id}`;
            await deploy("DELETE", path);
            const read = await deploy("GET", path);
            assert.equal(read.status, 200);
            assert.notEqual((read.result as { deleted_at: string | null }).deleted_at, null);
            refused(await deploy("PATCH", path, { name: "again" }), 404, 1002);
            refused(await deploy("DELETE", path), 404, 1002);
            refused(await deploy("GET", `${tunnelsPath}/00000000`), 404, 1002);
            const listed = await deploy("GET", `${tunnelsPath}?is_deleted=false`);
            assert.deepEqual(listed.result, []);
        });
    });

    describe("DNS records", () => {
        const create = async (record: object) =>
            (await dns("POST", recordsPath, record)).result as DnsRecord;

        it("gives names in full and decides the TTL of a proxied record", async () => {
            const record = await create(cname("Git", { ttl: 600 }));
            assert.deepEqual([record.name, record.ttl], [`git.${zone.domain}`, 1]);
            assert.equal(
                (await create({ type: "TXT", name: "@", content: "v" })).name,
                zone.domain,
            );
        });
        it("refuses what cannot stand beside the records of that name", async () => {
            await create(cname("git"));
            const address = { type: "A", name: "git", content: "192.0.2.1" };
            refused(await dns("POST", recordsPath, cname("git")), 400, 81058);
            const other = cname("git", { content: "b.cfargotunnel.com" });
            refused(await dns("POST", recordsPath, other), 400, 81053);
            refused(await dns("POST", recordsPath, address), 400, 81054);
            assert.equal(records().length, 1);
        });
        it("refuses values that are none", async () => {
            const address = { type: "A", name: "a", content: "no address" };
            refused(await dns("POST", recordsPath, address), 400, 9005);
            const text = { type: "TXT", name: "a", content: "v", proxied: true };
            refused(await dns("POST", recordsPath, text), 400, 9004);
            refused(await dns("POST", recordsPath, cname("a", { comments: "?" })), 400, 1004);
        });
        it("refuses a comment of more than 100 characters or lines", async () => {
            assert.equal((await create(cname("a", { comment: "x".repeat(100) }))).type, "CNAME");
            const long = cname("b", { comment: "x".repeat(101) });
            refused(await dns("POST", recordsPath, long), 400, 9313);
            refused(await dns("POST", recordsPath, cname("b", { comment: "a\nb" })), 400, 1004);
        });
        it("answers 81044 for a record that is not there", async () => {
            const path = `${recordsPath}/${"0".repeat(32)}`;
            for (const request of [["GET"], ["PATCH", {}], ["PUT", cname("a")], ["DELETE"]]) {
                const [method, body] = request as [string, unknown];
                refused(await dns(method, path, body), 404, 81044);
            }
        });
        it("leaves alone what a PATCH does not name, and resets it with a PUT", async () => {
            const { id, created_on } = await create(cname("git", { comment: "mine" }));
            const path = `${recordsPath}/${id}`;
            const content = "b.cfargotunnel.com";
            const patched = (await dns("PATCH", path, { content })).result as DnsRecord;
            assert.deepEqual(
                [patched.id, patched.content, patched.comment, patched.proxied],
                [id, content, "mine", true],
            );
            const full = { type: "CNAME", name: "git", content };
            const replaced = (await dns("PUT", path, full)).result as DnsRecord;
            assert.deepEqual(
                [replaced.id, replaced.comment, replaced.proxied, replaced.created_on],
                [id, null, false, created_on],
            );
            assert.deepEqual((await dns("DELETE", path)).result, { id });
            assert.deepEqual(records(), []);
        });
        it("finds records by exact name, content or comment, without regard to case", async () => {
            await create(cname("git", { comment: "Mine" }));
            await create(cname("wiki", { comment: "mine too" }));
            const names = async (query: string) =>
                ((await dns("GET", `${recordsPath}?${query}`)).result as DnsRecord[]).map(
                    ({ name }) => name,
                );
            const [git, wiki] = [`git.${zone.domain}`, `wiki.${zone.domain}`];
            assert.deepEqual(await names("comment.exact=mine"), [git]);
            assert.deepEqual(await names(`name=${wiki.toUpperCase()}`), [wiki]);
            assert.deepEqual(await names(`name.exact=${wiki}&comment.exact=mine`), []);
            const any = `name.exact=${wiki}&comment.exact=mine&match=any`;
            assert.deepEqual(await names(any), [git, wiki]);
            assert.deepEqual(await names("content=a.cfargotunnel.com&type=CNAME"), [git, wiki]);
            refused(await dns("GET", `${recordsPath}?search=git`), 400, 1004);
        });
        it("lists in pages", async () => {
            const posts = Array.from({ length: 120 }, (_, i) => cname(`n${i}`));
            await dns("POST", `${recordsPath}/batch`, { posts });
            const pages = [];
            for (const page of [1, 2, 3]) {
                pages.push(await dns("GET", `${recordsPath}?page=${page}&per_page=50`));
            }
            const lists = pages.map(({ result }) => result as DnsRecord[]);
            assert.deepEqual(
                lists.map(({ length }) => length),
                [50, 50, 20],
            );
            assert.equal(new Set(lists.flat().map(({ id }) => id)).size, 120);
            const info = { page: 3, per_page: 50, count: 20, total_count: 120, total_pages: 3 };
            assert.deepEqual(pages[2]?.info, info);
            const unpaged = (await dns("GET", recordsPath)).result as DnsRecord[];
            assert.equal(unpaged.length, 100);
        });

        describe("in batches", () => {
            const batch = (body: object) => dns("POST", `${recordsPath}/batch`, body);
            it("deletes before it creates, so that a name can change hands", async () => {
                const old = await create({ type: "A", name: "git", content: "192.0.2.1" });
                const kept = await create(cname("wiki"));
                const answer = await batch({
                    posts: [cname("git")],
                    patches: [{ id: kept.id, comment: "new" }],
                    deletes: [{ id: old.id }],
                });
                assert.equal(answer.status, 200);
                const result = answer.result as Record<string, DnsRecord[]>;
                assert.deepEqual(
                    ["deletes", "patches", "puts", "posts"].map((key) => result[key]?.length),
                    [1, 1, 0, 1],
                );
                assert.deepEqual(
                    records().map(({ type, name, comment }) => [type, name, comment]),
                    [
                        ["CNAME", `wiki.${zone.domain}`, "new"],
                        ["CNAME", `git.${zone.domain}`, null],
                    ],
                );
            });
            it("changes nothing when one change is refused", async () => {
                const git = await create(cname("git"));
                const wiki = await create(cname("wiki"));
                const before = structuredClone(records());
                const changes = {
                    deletes: [{ id: git.id }],
                    patches: [{ id: wiki.id, comment: "new" }],
                    posts: [cname("new"), cname("wiki", { content: "b.cfargotunnel.com" })],
                };
                refused(await batch(changes), 400, 81053);
                assert.deepEqual(records(), before);
                refused(await batch({ posts: [cname("x")], deletes: [{ id: "y" }] }), 404, 81044);
                assert.deepEqual(records(), before);
            });
            it("takes 200 changes and not one more", async () => {
                const posts = Array.from({ length: 201 }, (_, i) => cname(`n${i}`));
                refused(await batch({ posts }), 400, 1004);
                assert.equal((await batch({ posts: posts.slice(1) })).status, 200);
                assert.equal(records().length, 200);
            });
        });
    });

    it("says that a call is not in the stand-in", async () => {
        refused(await dns("GET", `/zones/${zone.id}/settings`), 404, 7000);
    });
});

describe("Cloudflare API stand-in's rate limit", () => {
    it("counts anew in the next window, and blocks for a whole one", () => {
        const limit = new RateLimit({ requests: 1, seconds: 10 });
        assert.equal(limit.take("a", 0), undefined);
        assert.equal(limit.take("a", 4000), 10);
        assert.equal(limit.take("a", 11_000), 3);
        assert.equal(limit.take("a", 14_000), undefined);
    });
});

describe("Cloudflare stand-in's store", () => {
    it("goes on after a restart with what it had, in a file that only its user can read", async () => {
        const dir = mkdtempSync(join(tmpdir(), "rekindle-store-"));
        try {
            const file = join(dir, "cloudflare.json");
            const first = await startApi({
                tokens,
                zones: [zone],
                port: 0,
                store: new Store([zone], file),
            });
            await callApi(first.url, ["POST", recordsPath, cname("git")], { token: dnsToken });
            await callApi(first.url, ["POST", tunnelsPath, newTunnel], { token: deployToken });
            await first.close();
            const again = new Store([zone], file);
            assert.deepEqual([...again.records.values()], [...first.store.records.values()]);
            assert.deepEqual([...again.tunnels.values()], [...first.store.tunnels.values()]);
            assert.equal(again.tunnels.size, 1);
            assert.equal(statSync(file).mode & 0o777, 0o600);
        } finally {
            rmSync(dir, { recursive: true });
        }
    });
});
