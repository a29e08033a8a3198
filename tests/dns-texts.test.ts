import assert from "node:assert/strict";
import { zone } from "../lab/facts";
import { seeded } from "./dns-records";
import { startAnswering, startDnsWorld, target, want, type DnsWorld } from "./dns-world";

const host = (name: string) => `${name}.${zone.domain}`;

describe("what `up` says of a record that is in the way", () => {
    let world: DnsWorld;
    beforeEach(async () => {
        world = await startDnsWorld();
    });
    afterEach(() => world.close());
    const said = async (name: string, adopt: string[] = []) => {
        const before = JSON.stringify(world.records());
        const { result, conflicts } = await world.outcome("prune", want([host(name)], { adopt }));
        assert.deepEqual([result, conflicts], ["conflict", [host(name)]]);
        assert.equal(JSON.stringify(world.records()), before);
        return world.said.join("\n");
    };

    it("sends the owner of a Worker's or Pages' custom domain there, and not to a record that cannot be deleted", async () => {
        const content = "home.pages.dev";
        world.seed(seeded({ name: host("www"), content, meta: { read_only: true } }));
        const text = await said("www", [content]);
        assert.match(text, /the CNAME record to home\.pages\.dev is not this stack's/);
        assert.match(
            text,
            /A Worker or Pages project has this name.* remove the custom domain there/,
        );
        assert.doesNotMatch(text, /Delete|adopt/);
    });

    it("names the delegated domain that the hostname lies below, where no record of this zone counts", async () => {
        world.seed(seeded({ name: host("sub"), type: "NS", content: "ns1.example.net" }));
        assert.match(
            await said("git.sub"),
            /^git\.sub\.home\.example: the NS record to ns1\.example\.net of sub\.home\.example is not this stack's.* sub\.home\.example is delegated to other name servers/,
        );
        // Beside it, and with a name that only ends alike.
        const fine = await world.outcome("prune", want([host("git"), host("git.mysub")]));
        assert.equal(fine.result, "ok");
    });

    it("does not tell to delete the name servers of a delegated domain like any record", async () => {
        const servers = ["ns1.example.net", "ns2.example.net"];
        world.seed(...servers.map((content) => seeded({ name: host("sub"), type: "NS", content })));
        const text = await said("sub");
        assert.match(
            text,
            /sub\.home\.example is delegated to other name servers, .* or delete its/,
        );
        assert.doesNotMatch(text, /Delete them/);
    });

    it("names the hostname whose own record below a delegated domain was made earlier", async () => {
        world.seed(
            seeded({ name: host("sub"), type: "NS", content: "ns1.example.net" }),
            seeded({ name: host("git.sub"), content: target, comment: want([]).owner }),
        );
        assert.match(await said("git.sub"), /is delegated to other name servers/);
    });

    it("sends whoever has a wrong id to the keys that hold ids", async () => {
        const server = await startAnswering((_request, response) => {
            const errors = [
                {
                    code: 7003,
                    message:
                        "Could not route to /zones/x, perhaps your object identifier is invalid?",
                },
            ];
            response.writeHead(404).end(JSON.stringify({ success: false, errors, result: null }));
        });
        await world.outcome("prune", want([host("git")]), { baseUrl: server.url });
        server.close();
        assert.match(
            world.said.join("\n"),
            /answered 404: 7003 .* Check the id: rekindle:zones has those of zones/,
        );
    });
});
