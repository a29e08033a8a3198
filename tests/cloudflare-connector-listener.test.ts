import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { constants, performServerHandshake, type ServerHttp2Stream } from "node:http2";
import { connect } from "node:tls";
import { startWorld } from "./cloudflare-world";

describe("the edge stand-in's port for connectors", () => {
    it("outlives a connector whose control stream breaks", async () => {
        const world = await startWorld();
        const socket = connect({
            ...{ host: "127.0.0.1", port: world.connectorPort, servername: "h2.cftunnel.com" },
            ...{ ca: readFileSync(world.certFile), ALPNProtocols: ["h2"] },
        });
        try {
            await once(socket, "secureConnect");
            // The connector dials, and the edge is the client on that connection.
            const session = performServerHandshake(socket);
            const [control] = (await once(session, "stream")) as [ServerHttp2Stream];
            control.on("error", () => undefined);
            const closed = new Promise((resolve) => control.on("close", resolve));
            control.respond({ ":status": 200 });
            control.write("{");
            control.close(constants.NGHTTP2_INTERNAL_ERROR);
            await closed;
            // An error that nobody hears ends the process, and this test with it.
            assert.deepEqual((await world.client.status()).faults, []);
            session.destroy();
        } finally {
            socket.destroy();
            await world.close();
        }
    });
});
