import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { Faults } from "../../lab/cloudflare/faults";
import { grafanaApi } from "../../lab/grafana/api";
import { GrafanaStore } from "../../lab/grafana/store";
import { finish, start } from "../script";

const auth = "admin:pass-word";

describe("grafana-ready.mjs", () => {
    let app: FastifyInstance;
    let url: string;
    const serve = async (port = 0) => {
        app = grafanaApi({
            alertmanager: "",
            ...{ store: new GrafanaStore(), auth, faults: new Faults() },
            datasources: [
                { uid: "prometheus", type: "prometheus", url: "" },
                { uid: "logs", type: "loki", url: "" },
            ],
        });
        url = await app.listen({ host: "127.0.0.1", port });
    };
    beforeEach(async () => serve());
    afterEach(async () => app.close());

    const begin = (changes: object = {}) =>
        start(
            ["components/scripts/grafana-ready.mjs"],
            {},
            JSON.stringify({ url, auth, datasourceUid: "prometheus", ...changes }),
        );
    const run = async (changes: object = {}) => finish(begin(changes));

    it("says that Grafana is ready", async () => {
        const { code, stdout } = await run();
        assert.deepEqual({ code, stdout }, { code: 0, stdout: `Grafana at ${url} is ready\n` });
    });

    for (const [what, changes, expected] of [
        ["a login that is refused", { auth: "admin:wrong-word" }, /refuses the login \(401\)/],
        [
            "a data source that is not there",
            { datasourceUid: "prom" },
            /for Prometheus are prometheus: correct/,
        ],
        ["one that is not Prometheus", { datasourceUid: "logs" }, /is of type loki/],
    ] as const) {
        it(`tells ${what} in one sentence, without the login`, async () => {
            const { code, stderr } = await run(changes);
            assert.equal(code, 3);
            assert.match(stderr, expected);
            assert.equal(stderr.trim().split("\n").length, 1);
            assert.doesNotMatch(stderr, /-word/);
        });
    }

    it("waits for a Grafana that is away, and says so meanwhile", async () => {
        const { port } = app.server.address() as AddressInfo;
        await app.close();
        const child = begin();
        const [line] = (await once(child.stderr, "data")) as [Buffer];
        assert.match(
            line.toString(),
            /^Waiting for Grafana at .*ECONNREFUSED.* \(0 s so far, 300 s/,
        );
        await serve(port);
        const [code] = (await once(child, "close")) as [number];
        assert.equal(code, 0);
    });

    for (const [what, answer, expected] of [
        [
            "a sub-path that is missing",
            { status: 302, location: "/grafana/api/health" },
            /sends everybody on to \/grafana\/api\/health \(302\)/,
        ],
        [
            "https instead of http",
            { status: 308, location: "https://g.lan/api/health" },
            /under its own address: set https:\/\/g\.lan\?/,
        ],
        [
            "a login page in front",
            { status: 302, location: "https://sso.lan/?rd=x" },
            /A login page in front of Grafana lets no program in/,
        ],
        ["a proxy's own login", { status: 401, location: "" }, /in front of Grafana .* \(401\)/],
    ] as const) {
        it(`tells ${what} at once, with what to do`, async () => {
            app.server.removeAllListeners("request");
            app.server.on("request", (_request: IncomingMessage, response: ServerResponse) => {
                response.writeHead(answer.status, { location: answer.location }).end();
            });
            const { code, stderr } = await run();
            assert.equal(code, 3);
            assert.match(stderr, expected);
            assert.equal(stderr.trim().split("\n").length, 1);
        });
    }

    for (const [version, isRefused] of [
        ["10.4.2", true],
        ["11.6.0", true],
        ["12.0.2+security-01", true],
        ["12.0.3", false],
        ["12.1.0-pre", false],
        ["13.0.0", false],
        ["", false],
    ] as const) {
        it(`${isRefused ? "refuses" : "takes"} Grafana ${version || "that hides its version"}`, async () => {
            const { server } = app;
            const [usual] = server.listeners("request") as ((...args: unknown[]) => void)[];
            server.removeAllListeners("request");
            server.on("request", (request: IncomingMessage, response: ServerResponse) => {
                if (request.url === "/api/health") {
                    response.end(JSON.stringify(version === "" ? {} : { version }));
                } else {
                    usual?.(request, response);
                }
            });
            const { code, stderr } = await run();
            assert.equal(code, isRefused ? 3 : 0, stderr);
            assert.match(stderr, isRefused ? /need 12\.0\.3 or later/ : /^$/);
        });
    }

    it("tells a certificate that nobody trusts at once", async () => {
        const folder = mkdtempSync(join(tmpdir(), "rekindle-"));
        const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
        const subject = ["-nodes", "-subj", "/CN=grafana.lan", "-days", "1"];
        const files = ["-keyout", key, "-out", cert];
        execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", ...subject, ...files], {
            stdio: "ignore",
        });
        const pem = { key: readFileSync(key), cert: readFileSync(cert) };
        const server = createTlsServer(pem, (_request, response) => response.end());
        await once(server.listen(0, "127.0.0.1"), "listening");
        const { port } = server.address() as AddressInfo;
        const { code, stderr } = await run({ url: `https://127.0.0.1:${port}` });
        server.close();
        assert.equal(code, 3);
        assert.match(stderr, /has a certificate that this computer does not trust \(/);
    });

    it("waits on when it goes again right after it was there", async () => {
        let looks = 0;
        app.server.removeAllListeners("request");
        app.server.on("request", (request: IncomingMessage, response: ServerResponse) => {
            if (request.url === "/api/health") {
                response.end("{}");
            } else if (++looks === 1) {
                request.socket.destroy();
            } else if (looks === 2) {
                response.writeHead(502).end("Bad Gateway");
            } else {
                response.end('{"type":"prometheus"}');
            }
        });
        const { code, stderr } = await run();
        assert.equal(code, 0, stderr);
        assert.match(stderr, /^Waiting for Grafana at/);
    });

    it("tells in one sentence that what answers is no Grafana", async () => {
        app.server.removeAllListeners("request");
        app.server.on("request", (_request: IncomingMessage, response: ServerResponse) => {
            response.end("<html>It works!</html>");
        });
        const { code, stderr } = await run();
        assert.equal(code, 3);
        assert.match(stderr, /^What answers at http.* is no Grafana \(200 .*\): correct rekindle:/);
        assert.equal(stderr.trim().split("\n").length, 1);
    });

    it("gives up in one sentence that says what is done and what to do", async () => {
        const free = createServer().listen(0, "127.0.0.1");
        await once(free, "listening");
        const { port } = free.address() as AddressInfo;
        free.close();
        const { code, stderr } = await run({ url: `http://127.0.0.1:${port}`, waitSeconds: 1 });
        assert.equal(code, 4);
        assert.match(
            stderr,
            /cannot be reached \(.*ECONNREFUSED.*\), so no alert was changed; every/,
        );
    });
});
