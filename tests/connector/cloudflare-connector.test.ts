import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { Agent, request } from "undici";
import { accountId, zone } from "../../lab/facts";
import { goBuild } from "../../lab/go";
import { tunnelsPath } from "../cloudflare-calls";
import { Connector, startWorld, type World } from "../cloudflare-world";

const host = (name: string) => `${name}.${zone.domain}`;
const tokenFor = (id: string, secret: string) =>
    Buffer.from(JSON.stringify({ a: accountId, t: id, s: secret })).toString("base64");

describe("Edge and connector stand-ins together", function () {
    this.timeout(20_000);
    const secret = Buffer.alloc(32, 1).toString("base64");
    let binary: string;
    let world: World;
    let tunnelId: string;
    let config: string;
    let handle: (request: IncomingMessage, response: ServerResponse) => void;
    const connectors: Connector[] = [];
    const origin = createServer((request, response) => {
        handle(request, response);
    });

    before(async function () {
        // Compiles it on a machine that has never done so.
        this.timeout(15 * 60_000);
        binary = await goBuild({ name: "connector", package: "./connector" }, () => undefined);
        await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
        const { port } = origin.address() as AddressInfo;
        config = `
ingress:
    - { hostname: ${host("git")}, path: ^/api/, service: http_status:401 }
    - { hostname: ${host("git")}, service: "http://127.0.0.1:${port}" }
    - { hostname: ${host("down")}, service: "http://127.0.0.1:1" }
    - { hostname: ${host("internal")}, service: "http://127.0.0.1:${port}", originRequest: { httpHostHeader: inside } }
    - { hostname: "*.${zone.domain}", service: http_status:204 }
    - { service: http_status:404 }
`;
        world = await startWorld();
        const body = { name: "home", config_src: "local", tunnel_secret: secret };
        tunnelId = ((await world.call("POST", tunnelsPath, body)).result as { id: string }).id;
        for (const name of ["git", "down", "internal", "*"]) {
            const content = `${tunnelId}.cfargotunnel.com`;
            const proxied = true;
            await world.client.addRecord({
                zoneId: zone.id,
                type: "CNAME",
                name,
                content,
                proxied,
            });
        }
    });
    beforeEach(() => {
        handle = (request, response) => {
            response.end(`${request.headers.host ?? ""} ${request.url ?? ""}`);
        };
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

    const start = (token = tokenFor(tunnelId, secret)) => {
        const connector = Connector.start({ world, binary, token, config });
        connectors.push(connector);
        return connector;
    };
    const visit = async (name: string, path = "/") => {
        const answer = await world.client.visit(world.url(host(name), path));
        return "status" in answer ? answer : { status: 0, body: answer.error };
    };
    const tunnel = async () =>
        (await world.call("GET", `${tunnelsPath}/${tunnelId}`)).result as {
            status: string;
            connections: { client_id: string }[];
            conns_active_at: string | null;
        };

    it("is an inactive tunnel, and 530 for visitors, before the first connector", async () => {
        assert.equal((await tunnel()).status, "inactive");
        const { status, body } = await visit("git");
        assert.deepEqual([status, body], [530, "error code: 1033\n"]);
    });
    it("serves each name by the first rule that matches", async () => {
        const connector = start();
        await connector.connected();
        const seen = [];
        for (const [name, path] of [
            ["git", "/page?q=1"],
            ["git", "/api/x"],
            ["internal", "/"],
            ["other", "/"],
            ["down", "/"],
        ] as const) {
            const { status, body } = await visit(name, path);
            seen.push([status, body.replace(/:\d+/, "")]);
        }
        assert.deepEqual(seen, [
            [200, `${host("git")} /page?q=1`],
            [401, ""],
            [200, "inside /"],
            [204, ""],
            [502, ""],
        ]);
    });
    it("follows the connectors in the tunnel's status", async () => {
        const connector = start();
        await connector.connected();
        const connected = await tunnel();
        assert.deepEqual([connected.status, connected.connections.length], ["healthy", 4]);
        assert.notEqual(connected.conns_active_at, null);
        const deletion = await world.call("DELETE", `${tunnelsPath}/${tunnelId}`);
        assert.deepEqual([deletion.status, deletion.code], [400, 1022]);
        assert.equal(await connector.end("SIGTERM"), 0);
        const gone = await tunnel();
        assert.deepEqual(
            [gone.status, gone.connections.length, gone.conns_active_at],
            ["down", 0, null],
        );
    });
    it("has cloudflared's probes and metrics", async () => {
        const connector = start();
        await connector.connected();
        const ready = await connector.probe("/ready");
        const { connectorId, ...counts } = JSON.parse(ready.body) as Record<string, unknown>;
        assert.deepEqual([ready.status, counts], [200, { status: 200, readyConnections: 4 }]);
        assert.equal((await tunnel()).connections[0]?.client_id, connectorId);
        assert.deepEqual(await connector.probe("/healthcheck"), { status: 200, body: "OK\n" });
        await visit("other");
        const { body } = await connector.probe("/metrics");
        for (const line of [
            "cloudflared_tunnel_ha_connections 4",
            "cloudflared_tunnel_total_requests 1",
            'cloudflared_tunnel_response_by_code{status_code="204"} 1',
            "cloudflared_tunnel_request_errors 0",
            "cloudflared_config_local_config_pushes_errors 0",
        ]) {
            assert.ok(body.includes(`\n${line}\n`), `${line} is not in:\n${body}`);
        }
    });
    it("refuses a wrong secret; the connector says so and goes on trying", async () => {
        const connector = start(tokenFor(tunnelId, Buffer.alloc(32, 2).toString("base64")));
        await connector.line(/Unauthorized: Invalid tunnel secret.*retrying in up to 2s/);
        assert.equal((await connector.probe("/ready")).status, 503);
        assert.deepEqual((await tunnel()).connections, []);
        const stranger = start(tokenFor("6ff42ae2-765d-4adf-8112-31c55c1551ef", secret));
        await stranger.line(/Unauthorized: Tunnel not found/);
    });
    it("reconnects after the API has dropped its connections", async () => {
        const connector = start();
        await connector.connected();
        connector.forget();
        await world.call("DELETE", `${tunnelsPath}/${tunnelId}/connections`);
        assert.deepEqual((await tunnel()).connections, []);
        await connector.line(/the edge closed the connection; retrying in up to 1s/);
        await connector.connected();
        assert.equal((await tunnel()).connections.length, 4);
    });
    it("loses no request when one of two connectors ends under load", async () => {
        const [first, second] = [start(), start()];
        await Promise.all([first.connected(), second.connected()]);
        handle = (_request, response) => setTimeout(() => response.end("slow"), 30);
        let polling = true;
        const statuses: number[] = [];
        const visitors = Array.from({ length: 10 }, async () => {
            while (polling) {
                statuses.push((await visit("git")).status);
            }
        });
        const served = async (count: number) => {
            while (statuses.length < count) {
                await new Promise((resolve) => setTimeout(resolve, 10));
            }
        };
        await served(30);
        assert.equal(await first.end("SIGTERM"), 0);
        await served(statuses.length + 30);
        polling = false;
        await Promise.all(visitors);
        assert.deepEqual([...new Set(statuses)], [200]);
    });
    it("finishes the requests it has when it is told to end, and takes no new ones", async () => {
        const connector = start();
        await connector.connected();
        const arrived = new Promise<ServerResponse>((resolve) => {
            handle = (_request, response) => {
                resolve(response);
            };
        });
        const visitor = visit("git");
        const response = await arrived;
        connector.child.kill("SIGTERM");
        for (const index of [0, 1, 2, 3]) {
            await connector.line(new RegExp(`Unregistered tunnel connection connIndex=${index}`));
        }
        assert.equal((await visit("git")).status, 530);
        assert.equal((await connector.probe("/ready")).status, 503);
        response.end("late");
        assert.equal((await visitor).body, "late");
        assert.equal(await connector.exit(), 0);
    });
    it("spreads requests over all connectors", async () => {
        const both = [start(), start()];
        await Promise.all(both.map((connector) => connector.connected()));
        for (let i = 0; i < 16; i++) {
            await visit("other");
        }
        const metrics = await Promise.all(both.map((connector) => connector.probe("/metrics")));
        assert.deepEqual(
            metrics.map(({ body }) => /^cloudflared_tunnel_total_requests (\d+)$/m.exec(body)?.[1]),
            ["8", "8"],
        );
    });
    it("serves from the other connector when one is killed", async () => {
        const [first, second] = [start(), start()];
        await Promise.all([first.connected(), second.connected()]);
        await first.end("SIGKILL");
        const statuses = [];
        for (let i = 0; i < 10; i++) {
            statuses.push((await visit("git")).status);
        }
        assert.deepEqual([...new Set(statuses)], [200]);
    });
    it("streams both ways as the bytes come", async () => {
        const connector = start();
        await connector.connected();
        // Echoes: nothing can come back before it was sent, and nothing more is sent before it has come back.
        handle = (request, response) => request.pipe(response);
        const dispatcher = new Agent({
            connect: { ca: readFileSync(world.certFile), lookup: loopback },
        });
        const big = Buffer.alloc(3_000_000, "x");
        let sendNext: (() => void) | undefined;
        async function* upload() {
            yield Buffer.from("first");
            await new Promise<void>((resolve) => {
                sendNext = resolve;
            });
            yield big;
        }
        const answer = await request(world.url(host("git")), {
            method: "POST",
            body: Readable.from(upload()),
            dispatcher,
        });
        let received = 0;
        for await (const chunk of answer.body) {
            received += (chunk as Buffer).length;
            sendNext?.();
        }
        assert.equal(received, big.length + "first".length);
        await dispatcher.destroy();
    });
    it("ends at once without a usable configuration or token", async () => {
        const token = tokenFor(tunnelId, secret);
        const options = { world, binary, token };
        const noRules = Connector.start({ ...options, config: "ingress: []" });
        const [, exit] = await Promise.all([
            noRules.line(/FATAL .*no ingress rules/),
            noRules.exit(),
        ]);
        assert.equal(exit, 1);
        const noToken = Connector.start({ ...options, config, token: "e30=" });
        await noToken.line(/FATAL the tunnel token is not valid/);
        assert.equal(await noToken.exit(), 1);
    });
});

/** Every name is on this machine. */
const loopback = (
    _host: string,
    _options: unknown,
    done: (error: null, found: { address: string; family: number }[]) => void,
) => {
    done(null, [{ address: "127.0.0.1", family: 4 }]);
};
