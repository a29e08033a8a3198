import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { accountId, zone } from "../../lab/facts";
import { goBuild } from "../../lab/go";
import { run } from "../../lab/shell";
import { tunnelsPath } from "../cloudflare-calls";
import { Connector, startWorld, type World } from "../cloudflare-world";

const host = (name: string) => `${name}.${zone.domain}`;

describe("Connector stand-in, as cloudflared does,", function () {
    this.timeout(20_000);
    const secret = Buffer.alloc(32, 1).toString("base64");
    let binary: string;
    let world: World;
    let origin: Server;
    let config: string;
    let token: string;
    const connectors: Connector[] = [];

    before(async function () {
        // Compiles it on a machine that has never done so.
        this.timeout(15 * 60_000);
        binary = await goBuild({ name: "connector", package: "./connector" }, () => undefined);
        world = await startWorld();
        const ca = join(world.dir, "origin.pem");
        const key = join(world.dir, "origin.key");
        await run("openssl", [
            ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"],
            ...["-subj", "/CN=inside", "-addext", "subjectAltName=DNS:*.inside.test"],
            ...["-days", "2", "-keyout", key, "-out", ca],
        ]);
        origin = createServer(
            { cert: readFileSync(ca), key: readFileSync(key) },
            (request, response) => {
                const named = "servername" in request.socket ? request.socket.servername : "";
                response.end(`${String(named)} ${request.headers.host ?? ""}`);
            },
        );
        await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
        const service = `https://127.0.0.1:${(origin.address() as AddressInfo).port}`;
        const access = { required: true, teamName: "t", audTag: ["a"] };
        const options: Readonly<Record<string, object>> = {
            sni: { matchSNItoHost: true, caPool: ca, httpHostHeader: "a.inside.test" },
            named: { originServerName: "b.inside.test", caPool: ca },
            unnamed: { caPool: ca },
            stranger: { originServerName: "b.inside.test" },
            members: { access, noTLSVerify: true },
            open: { access: { ...access, required: false }, noTLSVerify: true },
        };
        const rules = Object.entries(options).map(([name, originRequest]) => ({
            ...{ hostname: host(name), service, originRequest },
        }));
        config = JSON.stringify({ ingress: [...rules, { service: "http_status:404" }] });
        const body = { name: "home", config_src: "local", tunnel_secret: secret };
        const { id } = (await world.call("POST", tunnelsPath, body)).result as { id: string };
        token = Buffer.from(JSON.stringify({ a: accountId, t: id, s: secret })).toString("base64");
        const content = `${id}.cfargotunnel.com`;
        const record = { zoneId: zone.id, type: "CNAME", name: "*", content, proxied: true };
        await world.client.addRecord(record);
    });
    afterEach(async () => {
        for (const connector of connectors.splice(0)) {
            if (connector.child.exitCode === null) {
                await connector.end("SIGKILL");
            }
        }
    });
    after(async () => {
        await world.close();
        origin.close();
    });

    const start = (settings: Readonly<Record<string, string>> = {}) => {
        const connector = Connector.start({ world, binary, token, config, settings });
        connectors.push(connector);
        return connector;
    };
    const visit = async (name: string, headers: Record<string, string> = {}) => {
        const answer = await world.client.visit({ url: world.url(host(name)), headers });
        return "status" in answer ? `${answer.status} ${answer.body}` : answer.error;
    };

    it("speaks TLS with the name, and trusts the authorities, that a rule says", async () => {
        await start().connected();
        assert.equal(await visit("sni"), "200 a.inside.test a.inside.test");
        assert.match(await visit("named"), /^200 b\.inside\.test /);
        assert.equal(await visit("unnamed"), "502 ");
        assert.equal(await visit("stranger"), "502 ");
    });

    it("lets nobody through whom Access has not, where it is required", async () => {
        await start().connected();
        assert.equal(await visit("members"), "403 ");
        // The stand-in can check no token: as with a wrong one.
        assert.equal(await visit("members", { "cf-access-jwt-assertion": "x.y.z" }), "502 ");
        assert.match(await visit("open"), /^200 /);
    });

    it("takes protocol and log level from its environment", async () => {
        const quiet = start({ TUNNEL_TRANSPORT_PROTOCOL: "http2", TUNNEL_LOGLEVEL: "error" });
        for (let tries = 0; (await visit("open")) === "530 error code: 1033\n"; tries += 1) {
            assert.ok(tries < 500, "it never connected");
            await new Promise((resolve) => setTimeout(resolve, 10));
        }
        await assert.rejects(
            Promise.all([quiet.line(/INFO/), quiet.end("SIGTERM")]),
            /no line INFO/,
        );
    });

    for (const [settings, said] of [
        [{ TUNNEL_TRANSPORT_PROTOCOL: "quic" }, /quic is not served by this stand-in/],
        [{ TUNNEL_TRANSPORT_PROTOCOL: "h3" }, /unknown protocol h3, Available protocols/],
        [{ TUNNEL_REGION: "us" }, /--region us is not served by this stand-in/],
    ] as const) {
        it(`does not start with ${JSON.stringify(settings)}`, async () => {
            const connector = start(settings);
            await connector.line(said);
            assert.equal(await connector.exit(), 1);
        });
    }

    it("takes a log level that it does not know for info", async () => {
        const connector = start({ TUNNEL_LOGLEVEL: "loud" });
        await connector.line(/Failed to parse log level "loud"/);
        await connector.connected();
    });
});
