import assert from "node:assert/strict";
import { startApi, type Api } from "../lab/cloudflare/api";
import type { DnsRecord } from "../lab/cloudflare/store";
import { zone } from "../lab/facts";
import { assertRefused, callApi, dnsToken, recordsPath, tokens } from "./cloudflare-calls";

const cname = (name: string, more: object = {}) => ({
    type: "CNAME",
    name,
    content: "a.cfargotunnel.com",
    proxied: true,
    ttl: 1,
    ...more,
});

describe("Cloudflare API stand-in's DNS records", () => {
    let api: Api;
    beforeEach(async () => {
        api = await startApi({ tokens, zones: [zone], port: 0 });
    });
    afterEach(() => api.close());
    const dns = (...request: [string, string, unknown?]) =>
        callApi(api.url, request, { token: dnsToken });
    const records = () => api.store.zoneRecords(zone.id);
    const create = async (record: object) =>
        (await dns("POST", recordsPath, record)).result as DnsRecord;

    it("gives names in full and decides the TTL of a proxied record", async () => {
        const record = await create(cname("Git", { ttl: 600 }));
        assert.deepEqual([record.name, record.ttl], [`git.${zone.domain}`, 1]);
        assert.equal((await create({ type: "TXT", name: "@", content: "v" })).name, zone.domain);
    });
    it("refuses what cannot stand beside the records of that name", async () => {
        await create(cname("git"));
        const address = { type: "A", name: "git", content: "192.0.2.1" };
        assertRefused(await dns("POST", recordsPath, cname("git")), 400, 81058);
        const other = cname("git", { content: "b.cfargotunnel.com" });
        assertRefused(await dns("POST", recordsPath, other), 400, 81053);
        assertRefused(await dns("POST", recordsPath, address), 400, 81054);
        assert.equal(records().length, 1);
    });
    it("lets nothing stand beside the name servers of a delegated name", async () => {
        await create({ type: "NS", name: "sub", content: "ns.example" });
        for (const type of ["CNAME", "TXT"]) {
            const beside = { type, name: "sub", content: "a.example" };
            assertRefused(await dns("POST", recordsPath, beside), 400, 81056);
        }
        await create({ type: "NS", name: "@", content: "ns.example" });
        assert.equal((await create(cname("@"))).name, zone.domain);
    });
    it("lets text, mail and certificate rules stand beside a CNAME", async () => {
        await create(cname("git"));
        for (const type of ["TXT", "MX", "CAA"]) {
            assert.equal((await create({ type, name: "git", content: "a.example" })).type, type);
        }
    });
    it("refuses values that are none", async () => {
        const address = { type: "A", name: "a", content: "no address" };
        assertRefused(await dns("POST", recordsPath, address), 400, 9005);
        const text = { type: "TXT", name: "a", content: "v", proxied: true };
        assertRefused(await dns("POST", recordsPath, text), 400, 9004);
        assertRefused(await dns("POST", recordsPath, cname("a", { comments: "?" })), 400, 1004);
    });
    it("refuses a comment of more than 100 characters or lines", async () => {
        assert.equal((await create(cname("a", { comment: "x".repeat(100) }))).type, "CNAME");
        const long = cname("b", { comment: "x".repeat(101) });
        assertRefused(await dns("POST", recordsPath, long), 400, 9313);
        assertRefused(await dns("POST", recordsPath, cname("b", { comment: "a\nb" })), 400, 1004);
    });
    it("answers 81044 for a record that is not there", async () => {
        const path = `${recordsPath}/${"0".repeat(32)}`;
        for (const request of [["GET"], ["PATCH", {}], ["PUT", cname("a")], ["DELETE"]]) {
            const [method, body] = request as [string, unknown];
            assertRefused(await dns(method, path, body), 404, 81044);
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
        assertRefused(await dns("GET", `${recordsPath}?search=git`), 400, 1004);
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
            assertRefused(await batch(changes), 400, 81053);
            assert.deepEqual(records(), before);
            assertRefused(await batch({ posts: [cname("x")], deletes: [{ id: "y" }] }), 404, 81044);
            assert.deepEqual(records(), before);
        });
        it("takes as many records as the plan has, after what the batch deletes", async () => {
            const posts = Array.from({ length: 200 }, (_, i) => cname(`n${i}`));
            await batch({ posts });
            assertRefused(await dns("POST", recordsPath, cname("more")), 400, 81045);
            const deletes = [{ id: records()[0]?.id }];
            assert.equal((await batch({ deletes, posts: [cname("more")] })).status, 200);
            assertRefused(await batch({ posts: [cname("more2")] }), 400, 81045);
            const patches = [{ id: records()[0]?.id, comment: "new" }];
            assert.equal((await batch({ patches })).status, 200);
        });
        it("takes 200 changes and not one more", async () => {
            const posts = Array.from({ length: 201 }, (_, i) => cname(`n${i}`));
            assertRefused(await batch({ posts }), 400, 1004);
            assert.equal((await batch({ posts: posts.slice(1) })).status, 200);
            assert.equal(records().length, 200);
        });
    });
});
