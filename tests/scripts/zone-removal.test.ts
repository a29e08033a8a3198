import assert from "node:assert/strict";
import { parseWanted } from "../../components/scripts/dns-input.mjs";
import { run } from "../../components/scripts/dns.mjs";
import { CloudflareTunnel } from "../../components/cloudflare-tunnel";
import { startApi, type Api } from "../../lab/cloudflare/api";
import { commandPackage } from "../../lab/providers/command/package";
import type { Values } from "../../lab/providers/values";
import { dnsToken } from "../cloudflare-calls";
import { registrations, the } from "../registrations";

const zones = ["home", "garden"].map((name, index) => ({
    domain: `${name}.example`,
    id: String(index + 1).repeat(32),
}));
const [kept] = zones;
const target = "tunnel-id.cfargotunnel.com";

/** The component's own commands, performed by the stand-in of the command provider against the API's. */
describe("A zone taken out of the configuration", () => {
    let api: Api;
    beforeEach(async () => {
        const dnsZones = zones.map(({ id }) => id);
        const tokens = () => [{ name: "dns", value: dnsToken, dnsZones }];
        api = await startApi({ tokens, zones, port: 0 });
    });
    afterEach(() => api.close());

    /** The inputs of a command of the tunnel, with the first or all zones. */
    async function inputs(name: string, count: number): Promise<Values> {
        const own = zones.slice(0, count);
        const all = await registrations((options) => {
            new CloudflareTunnel(
                "tunnel",
                {
                    ...{ accountId: "a", name: "home", zones: own, tunnelSecret: "s", dnsToken },
                    routes: own.map(({ domain }) => ({
                        hostname: `git.${domain}`,
                        service: "http://git.git",
                    })),
                    ...{ cloudflareToken: "c", apiUrl: api.url },
                    images: { cloudflared: "cloudflared", node: "node" },
                },
                options,
            );
        });
        return the(all, "command:local:Command", name).inputs as Values;
    }
    const provider = commandPackage.configure({});
    const request = (name: string) => ({
        ...{ urn: name, type: "command:local:Command", name },
        ...{ status: () => undefined, info: () => undefined },
        signal: new AbortController().signal,
    });
    const names = () => [...api.store.records.values()].map(({ name }) => name).sort();
    const ofKept = ["git.home.example", "tunnel-health-home.home.example"];

    it("is cleaned by the next up, and never asked about again", async () => {
        const name = "tunnel-dns";
        const before = await inputs(name, 2);
        const { outputs } = await provider.create(request(name), before);
        assert.deepEqual(names(), ["git.garden.example", ...ofKept]);
        const after = await inputs(name, 1);
        const old = { id: "id", inputs: before, outputs };
        const now = await provider.update(request(name), old, after);
        assert.deepEqual(names(), ofKept);
        api.requests.length = 0;
        await provider.update(request(name), { id: "id", inputs: after, outputs: now }, after);
        assert.deepEqual(
            api.requests.map(({ path }) => path.split("/")[4]),
            [kept?.id],
        );
    });

    it("is cleaned by destroy when only pods made records there, before any rollout succeeded", async () => {
        const name = "tunnel-leftovers";
        const before = await inputs(name, 2);
        const { outputs } = await provider.create(request(name), before);
        const { stdin } = await inputs("tunnel-dns", 2);
        assert.ok(typeof stdin === "string");
        const wanted = parseWanted(stdin);
        await run("ensure", { ...wanted, target }, { baseUrl: api.url, token: dnsToken });
        assert.equal(names().length, 3);
        const after = await inputs(name, 1);
        const old = { id: "id", inputs: before, outputs };
        const now = await provider.update(request(name), old, after);
        await provider.delete(request(name), { id: "id", inputs: after, outputs: now });
        assert.deepEqual(names(), []);
    });
});
