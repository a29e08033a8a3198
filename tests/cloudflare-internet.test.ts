import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { Resolver } from "node:dns/promises";
import { isCovered } from "../lab/cloudflare/certificates";
import { Faults } from "../lab/cloudflare/faults";
import { startApi } from "../lab/cloudflare/api";
import type { DnsRecord } from "../lab/cloudflare/store";
import { zone } from "../lab/facts";
import { internetClient } from "../lab/internet-client";
import { lookUp, startResolver, type Names } from "../lab/resolver";
import { callApi, dnsToken, recordsPath, tokens, tunnelsPath } from "./cloudflare-calls";
import { startWorld, type World } from "./cloudflare-world";

const tunnel = "6ff42ae2-765d-4adf-8112-31c55c1551ef";
const record = (name: string, more: Partial<DnsRecord>): DnsRecord => ({
    ...{ id: name, zone_id: zone.id, name: `${name}.${zone.domain}`, type: "CNAME", ttl: 1 },
    ...{ content: `${tunnel}.cfargotunnel.com`, proxiable: true, proxied: true, settings: {} },
    ...{ meta: {}, comment: null, tags: [], created_on: "", modified_on: "" },
    ...more,
});
const names: Names = {
    hosts: { "region1.v2.argotunnel.com": "192.0.2.3" },
    zones: () => [zone, { domain: `inner.${zone.domain}`, id: "2" }],
    records: (id) =>
        id === zone.id
            ? [
                  record("git", {}),
                  record("*", {}),
                  record("nas", { type: "A", content: "192.0.2.9", proxied: false, ttl: 60 }),
                  record("alias", { content: `nas.${zone.domain}`, proxied: false }),
                  record("away", { content: "elsewhere.example", proxied: false }),
                  record("note", { type: "TXT", content: "text", proxied: false }),
              ]
            : [],
    edgeAddress: "192.0.2.1",
};

describe("Resolver stand-in", () => {
    const contents = (name: string, type = "A") =>
        lookUp(name.replace("ZONE", zone.domain), type, names)?.map(({ content }) => content);

    it("sends proxied names to the edge, over IPv4 only", () => {
        assert.deepEqual(contents("git.ZONE"), ["192.0.2.1"]);
        assert.deepEqual(contents("git.ZONE", "AAAA"), []);
        assert.deepEqual(contents("region1.v2.argotunnel.com"), ["192.0.2.3"]);
    });
    it("answers with the content of the others, and follows an alias", () => {
        assert.deepEqual(contents("nas.ZONE"), ["192.0.2.9"]);
        assert.deepEqual(contents("alias.ZONE"), [`nas.${zone.domain}`, "192.0.2.9"]);
        assert.deepEqual(contents("away.ZONE"), ["elsewhere.example"]);
    });
    it("lets a wildcard stand for names that do not exist, at any depth, and for no other", () => {
        assert.deepEqual(contents("new.ZONE"), ["192.0.2.1"]);
        assert.deepEqual(contents("deep.new.ZONE"), ["192.0.2.1"]);
        assert.deepEqual(contents("note.ZONE"), []);
        assert.equal(contents("below.nas.ZONE"), undefined);
        assert.equal(contents("git.inner.ZONE"), undefined);
    });
    it("knows nothing outside the lab, but a zone's own name always exists", () => {
        assert.equal(contents("www.example.com"), undefined);
        assert.equal(contents(`x${zone.domain}`), undefined);
        assert.deepEqual(contents("inner.ZONE"), []);
    });
    it("answers over the wire, and with NXDOMAIN", async () => {
        const faults = new Faults();
        const server = await startResolver({ address: "127.0.0.1", port: 0 }, names, faults);
        try {
            const resolver = new Resolver({ timeout: 200, tries: 1 });
            resolver.setServers([`127.0.0.1:${server.port}`]);
            assert.deepEqual(await resolver.resolve4(`Git.${zone.domain}`), ["192.0.2.1"]);
            const nas = { address: "192.0.2.9", ttl: 60 };
            assert.deepEqual(await resolver.resolve4(`nas.${zone.domain}`, { ttl: true }), [nas]);
            const target = await resolver.resolveCname(`alias.${zone.domain}`);
            assert.deepEqual(target, [`nas.${zone.domain}`]);
            await assert.rejects(resolver.resolve6("git.home.example"), { code: "ENODATA" });
            await assert.rejects(resolver.resolve4("example.com"), { code: "ENOTFOUND" });
            await faults.set({ target: "dns", kind: "down" });
            await assert.rejects(resolver.resolve4("git.home.example"), { code: "ETIMEOUT" });
        } finally {
            await server.close();
        }
    });
});

describe("Faults", () => {
    it("end by themselves, and at most one is in force per target", async () => {
        const faults = new Faults();
        await faults.set({ target: "dns", kind: "slow" });
        await faults.set({ target: "dns", kind: "down", seconds: 0.01 });
        assert.deepEqual(
            faults.list().map(({ kind }) => kind),
            ["down"],
        );
        await new Promise<void>((resolve) => {
            faults.onChange(() => {
                resolve();
                return Promise.resolve();
            });
        });
        assert.deepEqual(faults.list(), []);
    });
    it("make the API fail in each of its ways", async () => {
        const api = await startApi({ tokens, zones: [zone], port: 0 });
        const list = async () => callApi(api.url, ["GET", recordsPath], { token: dnsToken });
        const target = "cloudflare-api";
        try {
            const seen: (readonly [number, number | undefined])[] = [];
            for (const kind of ["401", "429", "503"] as const) {
                await api.faults.set({ target, kind });
                const { status, code } = await list();
                seen.push([status, code]);
            }
            assert.deepEqual(seen, [
                [401, 10000],
                [429, 971],
                [503, 10013],
            ]);
            await api.faults.set({ target, kind: "slow", delay: 0.05 });
            const begun = performance.now();
            assert.equal((await list()).status, 200);
            assert.ok(performance.now() - begun >= 49);
            await api.faults.set({ target, kind: "down" });
            await assert.rejects(fetch(api.url), (error: Error) => {
                assert.equal((error.cause as NodeJS.ErrnoException).code, "ECONNREFUSED");
                return true;
            });
            await api.faults.clear();
            assert.equal((await list()).status, 200);
        } finally {
            await api.close();
        }
    });
});

describe("Stand-in internet", () => {
    let world: World;
    before(async () => {
        world = await startWorld();
    });
    after(() => world.close());
    const outcome = async (hostname: string) => {
        const result = await world.client.visit(world.url(hostname));
        return "status" in result ? [result.status, result.body.trim()] : result.error;
    };

    it("lets only its user talk to the control socket", () => {
        assert.equal(statSync(world.socket).mode & 0o777, 0o600);
    });
    it("tells who talks to a lab that is not there what to do", async () => {
        const message = "The lab is not running: run `npm start` first.";
        await assert.rejects(internetClient(`${world.socket}.none`).status(), { message });
    });
    it("answers a visitor as Cloudflare does when nothing serves the name", async () => {
        const { client } = world;
        const add = async (name: string, content: string, more: object = { proxied: true }) =>
            client.addRecord({ zoneId: zone.id, type: "CNAME", name, content, ...more });
        const secret = Buffer.alloc(32).toString("base64");
        const body = { name: "home", config_src: "local", tunnel_secret: secret };
        const { result } = await world.call("POST", tunnelsPath, body);
        await add("git", `${(result as { id: string }).id}.cfargotunnel.com`);
        await add("gone", `${tunnel}.cfargotunnel.com`);
        await add("elsewhere", "www.example.com");
        await add("a.b", `${tunnel}.cfargotunnel.com`);
        const none = `none.${zone.domain}`;
        assert.equal(await outcome(none), `${none} does not exist in DNS`);
        assert.deepEqual(await outcome(`git.${zone.domain}`), [530, "error code: 1033"]);
        assert.deepEqual(await outcome(`gone.${zone.domain}`), [530, "error code: 1016"]);
        assert.deepEqual(await outcome(`elsewhere.${zone.domain}`), [523, "error code: 523"]);
        // Universal SSL covers one label below the zone.
        assert.match(String(await outcome(`a.b.${zone.domain}`)), /ECONNRESET|handshake/);
    });
    it("serves a zone that is added while it runs: API, resolver and certificate", async () => {
        const garden = { domain: "garden.example", id: "2".repeat(32) };
        const { client } = world;
        await client.addZones([garden]);
        const content = `${tunnel}.cfargotunnel.com`;
        const record = { zoneId: garden.id, type: "CNAME", name: "roses", content, proxied: true };
        await client.addRecord(record);
        assert.deepEqual(await outcome(`roses.${garden.domain}`), [530, "error code: 1016"]);
    });
    it("makes the edge fail in each of its ways", async () => {
        const { client } = world;
        const name = `gone.${zone.domain}`;
        const failing = async (fault: Parameters<typeof client.setFault>[0]) => {
            await client.setFault(fault);
            return outcome(name);
        };
        const target = "edge";
        assert.match(String(await failing({ target, kind: "down" })), /ECONNREFUSED/);
        assert.deepEqual(await failing({ target, kind: "503" }), [503, "error code: 503"]);
        assert.match(String(await failing({ target, kind: "bad-cert" })), /UNABLE_TO_VERIFY/);
        const early = await failing({ target, kind: "not-yet-valid-cert" });
        assert.match(String(early), /CERT_NOT_YET_VALID/);
        assert.deepEqual(await client.clearFaults("edge"), []);
        assert.deepEqual(await outcome(name), [530, "error code: 1016"]);
    });
    it("puts Access or a challenge in front of a hostname, and of no other", async () => {
        const { client } = world;
        const [name, other] = [`gone.${zone.domain}`, `git.${zone.domain}`];
        const seen = async (hostname: string) => {
            const result = await client.visit(world.url(hostname));
            assert.ok("status" in result, JSON.stringify(result));
            return [result.status, result.headers["location"], result.headers["cf-mitigated"]];
        };
        const nothing = [530, undefined, undefined];
        await client.setFault({ target: "edge", kind: "access", host: name });
        const [status, location] = await seen(name);
        assert.equal(status, 302);
        assert.match(
            String(location),
            /^https:\/\/lab\.cloudflareaccess\.com\/.*login\/gone\.home\.example/,
        );
        assert.deepEqual(await seen(other), nothing);
        await client.setFault({ target: "edge", kind: "challenge", host: `*.${zone.domain}` });
        for (const each of [name, other]) {
            assert.deepEqual(await seen(each), [403, undefined, "challenge"]);
        }
        await client.setFault({ target: "edge", kind: "challenge" });
        assert.deepEqual(await seen(other), [403, undefined, "challenge"]);
        await client.clearFaults("edge");
        assert.deepEqual(await seen(name), nothing);
    });
    it("serves the API with a certificate that can go wrong", async () => {
        assert.equal((await world.call("GET", "/user/tokens/verify")).status, 200);
        await world.client.setFault({ target: "cloudflare-api", kind: "bad-cert" });
        await assert.rejects(world.call("GET", "/user/tokens/verify"), {
            code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        });
        await world.client.clearFaults();
        assert.equal((await world.call("GET", "/user/tokens/verify")).status, 200);
    });
    it("says which faults there are", async () => {
        const unknown = { target: "edge", kind: "429" } as const;
        const message = /edge has no fault "429": use one of down, slow, 503, bad-cert/;
        await assert.rejects(world.client.setFault(unknown), { message });
    });
    it("shows what the API was asked, and stores records of others", async () => {
        const { client } = world;
        const others = { zoneId: zone.id, type: "A", name: "nas", content: "192.0.2.9" };
        const { id } = await client.addRecord(others);
        assert.ok((await client.records()).some((each) => each.id === id));
        await client.removeRecord(id);
        assert.ok(!(await client.records()).some((each) => each.id === id));
        await world.call("GET", "/user/tokens/verify");
        const last = (await client.requests()).at(-1);
        assert.deepEqual([last?.path, last?.token], ["/client/v4/user/tokens/verify", "deploy"]);
        assert.deepEqual(await client.requests(last?.time), []);
    });
});

describe("Edge stand-in's certificate", () => {
    it("covers a wildcard's one label", () => {
        const covered = [zone.domain, `*.${zone.domain}`];
        assert.deepEqual(
            ["", "git.", "a.b."].map((below) => isCovered(below + zone.domain, covered)),
            [true, true, false],
        );
    });
});
