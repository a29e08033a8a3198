import assert from "node:assert/strict";
import { exitCodes } from "../components/scripts/cloudflare-api.mjs";
import { status } from "../components/scripts/dns-status.mjs";
import { zone } from "../lab/facts";
import { seeded } from "./dns-records";
import { names, owner, startDnsWorld, target, want, type DnsWorld } from "./dns-world";

describe("dns.mjs status", () => {
    let world: DnsWorld;
    beforeEach(async () => {
        world = await startDnsWorld();
    });
    afterEach(() => world.close());
    const ours = (name: string, more: object = {}) =>
        seeded({ name: `${name}.${zone.domain}`, content: target, comment: owner, ...more });
    const wanted = (...hosts: string[]) => want(hosts.map((name) => `${name}.${zone.domain}`));

    it("says of each hostname how it is, then what nobody wants, then what to do", async () => {
        world.seed(
            ours("git"),
            ours("cloud", { content: "old.cfargotunnel.com" }),
            ours("grey", { proxied: false }),
            ours("hand", { comment: null }),
            ours("www", { type: "A", content: "192.0.2.7", comment: null }),
            ours("drill", { comment: "rekindle:rekindle/drill tunnel=dev" }),
            ours("old"),
            ours("text", { type: "TXT", comment: null }),
        );
        const before = JSON.stringify(world.records());
        const { result, text } = await status(
            wanted("wiki", "git", "cloud", "grey", "hand", "www", "drill"),
            world.settings,
        );
        assert.equal(
            text,
            [
                "ok                git.home.example",
                "missing           wiki.home.example",
                "points elsewhere  cloud.home.example  to old.cfargotunnel.com",
                "altered           grey.home.example   not proxied",
                "altered           hand.home.example   without our mark",
                "somebody else's   www.home.example    A record to 192.0.2.7",
                `somebody else's   drill.home.example  CNAME record to ${target} ("rekindle:rekindle/drill tunnel=dev")`,
                "left over         old.home.example    ours, but no route wants it",
                "",
                "1 ok, 1 missing, 1 points elsewhere, 2 altered, 2 somebody else's, 1 left over. " +
                    "`npm run -s dns -- prune` puts right what is ours, without the cluster. " +
                    "Delete what is somebody else's by hand, or give the route another name.",
                "",
            ].join("\n"),
        );
        assert.equal(exitCodes[result], 2);
        assert.equal(JSON.stringify(world.records()), before);
        assert.deepEqual(
            world.api.requests.map(({ method }) => method),
            ["GET"],
        );
    });

    it("is content with what prune leaves behind", async () => {
        await world.outcome("prune", want(names(2)));
        const { result, text } = await status(want(names(2)), world.settings);
        assert.equal(exitCodes[result], 0);
        assert.match(text, /\n\n2 ok\. All is right\.\n$/);
    });

    it("finds what is left in a zone that was taken out of the configuration", async () => {
        world.seed(ours("old"));
        const former = [{ id: zone.id, domain: zone.domain }];
        const { result, text } = await status({ ...want([]), zones: [], former }, world.settings);
        assert.equal(result, "conflict");
        assert.match(text, /^left over +old\.home\.example/);
    });

    it("says which zone the token may not see, and shows the others", async () => {
        world.seed(ours("git"));
        const other = { id: "f".repeat(32), domain: "o.example", hostnames: ["a.o.example"] };
        const { zones } = wanted("git");
        const { result, text } = await status(
            want([], { zones: [...zones, other] }),
            world.settings,
        );
        assert.equal(exitCodes[result], 3);
        assert.match(
            text,
            /^ok +git\.home\.example\nunknown +a\.o\.example\nunknown +zone o\.example +GET .*403/,
        );
        assert.match(text, /1 ok, 2 unknown\. What is unknown/);
    });

    it("says that Cloudflare cannot be asked", async () => {
        await world.api.faults.set({ target: "cloudflare-api", kind: "503" });
        const settings = { ...world.settings, ...world.impatient };
        const { result, text } = await status(wanted("git"), settings);
        assert.equal(exitCodes[result], 4);
        assert.match(text, /^unknown +git\.home\.example\nunknown +zone home\.example/);
        assert.match(world.said[0] ?? "", /answered 503/);
    });
});
