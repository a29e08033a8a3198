import assert from "node:assert/strict";
import { mock } from "node:test";
import { usualTiming } from "../components/scripts/cloudflare-api.mjs";
import { run } from "../components/scripts/dns.mjs";
import { startApi, type Api } from "../lab/cloudflare/api";
import { Connections } from "../lab/cloudflare/connections";
import { Store } from "../lab/cloudflare/store";
import { accountId, zone } from "../lab/facts";
import { callApi, deployToken, dnsToken, tokens, tunnelsPath } from "./cloudflare-calls";
import { seeded } from "./dns-records";
import { want } from "./dns-world";

const cam = `cam.${zone.domain}`;
const health = `up.${zone.domain}`;

/** `home` wants a name that the stack `cabin` has a record for. */
describe("what `up` says of another Rekindle stack's record", () => {
    let api: Api;
    let connections: Connections;
    let said: string[];
    beforeEach(async () => {
        const store = new Store([zone]);
        connections = new Connections(store);
        api = await startApi({ tokens, zones: [zone], port: 0, store, connections });
        said = [];
        mock.method(console, "error", (line: string) => said.push(line));
    });
    afterEach(async () => {
        mock.restoreAll();
        await api.close();
    });

    /** The cabin's tunnel, and its record of that name. */
    async function cabin(name: string, stack = "cabin"): Promise<string> {
        const secret = Buffer.alloc(32).toString("base64");
        const body = { name: "cabin", config_src: "local", tunnel_secret: secret };
        const made = await callApi(api.url, ["POST", tunnelsPath, body], { token: deployToken });
        const { id } = made.result as { id: string };
        const mark = `rekindle:rekindle/${stack} tunnel=cabin`;
        const content = `${id}.cfargotunnel.com`;
        api.store.setZoneRecords(zone.id, [seeded({ name, content, comment: mark })]);
        return id;
    }
    const connect = (tunnelId: string) => {
        const session = { closed: false, destroyed: false, destroy: () => undefined };
        connections.add({
            ...{ id: "1", tunnelId, connectorId: "1", index: 0, version: "1", originIp: "" },
            ...{ openedAt: new Date().toISOString(), session: session as never },
        });
    };
    async function up(name: string, token?: string, mode: "prune" | "ensure" = "prune") {
        const before = JSON.stringify(api.store.zoneRecords(zone.id));
        const { result } = await run(
            mode,
            want([name], { health }),
            {
                ...{ baseUrl: api.url, token: dnsToken },
                ...(token === undefined ? {} : { account: { id: accountId, token } }),
                timing: { ...usualTiming, lag: [1] },
            },
            false,
        );
        assert.equal(result, "conflict");
        assert.equal(JSON.stringify(api.store.zoneRecords(zone.id)), before);
        return said.join("\n");
    }

    it("names the stack, and forbids to take the record of a home that is alive", async () => {
        connect(await cabin(cam));
        const text = await up(cam, deployToken);
        assert.match(
            text,
            /^cam\.home\.example: the CNAME record to \S+ is that of another Rekindle stack, rekindle\/cabin, for its tunnel "cabin", and was left as it is\./,
        );
        assert.match(text, /connected: the home is alive\. Never adopt or delete this record\./);
        assert.match(text, /Give the route another hostname, or take the route out of that stack/);
        assert.doesNotMatch(text, /Delete the record|list .* under adopt/);
    });

    it("sends whoever met a living home's name with the health check to the key of that name", async () => {
        connect(await cabin(health));
        const text = await up(health, deployToken);
        assert.match(
            text,
            /another name for this stack's health check: rekindle:tunnel\.healthHostname\.$/,
        );
    });

    it("does not call a home abandoned that is only without power", async () => {
        const id = await cabin(cam);
        connect(id);
        for (const connection of connections.of(id)) {
            connections.remove(connection);
        }
        const text = await up(cam, deployToken);
        assert.match(text, /has had no connection since 20\S+: the home may only be without power/);
        assert.match(text, /Only if that home is gone for good: delete the record, or list/);
    });

    it("says that the record is abandoned when its tunnel is deleted, or none that Cloudflare knows", async () => {
        const id = await cabin(cam);
        await callApi(api.url, ["DELETE", `${tunnelsPath}/${id}`], { token: deployToken });
        const abandoned =
            /does not exist any more, so the record is abandoned\. Delete the record, or list \S+\.cfargotunnel\.com under adopt in rekindle:tunnel\.$/;
        assert.match(await up(cam, deployToken), abandoned);
        api.store.tunnels.delete(id);
        said = [];
        assert.match(await up(cam, deployToken), abandoned);
    });

    it("thinks of this stack's own lost state when the other one has its name", async () => {
        // As in the mark of `want`.
        const id = await cabin(cam, "test");
        connect(id);
        const text = await up(cam, deployToken);
        assert.match(text, /the home is alive/);
        assert.match(text, /This stack is called rekindle\/test too: if that was this one before/);
        assert.ok(text.endsWith(`rekindle:tunnel.import: ${id}.`), text);
    });

    it("says that it cannot know, and where to look, with a token that may not ask, or none", async () => {
        await cabin(cam);
        const unknown =
            /Whether that home is alive cannot be known here \(.+\)\. Look for the tunnel "cabin" in Cloudflare's dashboard under Networks > Tunnels\. If it is there: give the route/;
        const refused = await up(cam, dnsToken);
        assert.match(refused, unknown);
        assert.match(refused, /Only if it is not: delete the record, or list/);
        said = [];
        assert.match(await up(cam), unknown);
        said = [];
        // A pod's job: it has no token for that, and makes no request.
        const text = await up(cam, undefined, "ensure");
        assert.match(text, /cannot be known here\. Look for the tunnel/);
    });
});
