import assert from "node:assert/strict";
import type { RequestListener, ServerResponse } from "node:http";
import { client, Failure, usualTiming } from "../components/scripts/cloudflare-api.mjs";
import { startAnswering, startDnsWorld, names, want, type DnsWorld } from "./dns-world";

type Answer = (response: ServerResponse) => void;
const json =
    (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
    (response) =>
        response.writeHead(status, headers).end(JSON.stringify(body));
const refusal = (status: number, code: number, headers?: Record<string, string>) =>
    json(status, { success: false, errors: [{ code, message: "M" }], result: null }, headers);

/** Each answer of an API, or of somebody in its place, and what is made of it. */
const answers: [string, Answer, { kind: Failure["kind"]; message: RegExp }][] = [
    [
        "a page in HTML",
        (response) => response.end("<html>log in</html>"),
        { kind: "api", message: /answered 200, with something that is not Cloudflare's JSON\.$/ },
    ],
    [
        "an empty body",
        (response) => response.end(),
        { kind: "api", message: /not Cloudflare's JSON/ },
    ],
    [
        "JSON that breaks off",
        (response) => response.end('{"success":true,"result":['),
        { kind: "api", message: /not Cloudflare's JSON/ },
    ],
    [
        "a connection that breaks off",
        (response) => {
            response.writeHead(200, { "content-length": "99" }).write("{");
            setImmediate(() => response.destroy());
        },
        { kind: "network", message: /^GET http.*\/x: / },
    ],
    [
        "JSON of somebody else",
        json(200, ["hello"]),
        { kind: "api", message: /not Cloudflare's JSON/ },
    ],
    [
        "200 without success",
        refusal(200, 1000),
        { kind: "api", message: /answered 200: 1000 M\.$/ },
    ],
    [
        "a redirect",
        (response) => response.writeHead(302, { location: "http://hotel.example/" }).end(),
        { kind: "api", message: /answered 302, and sent on to http:\/\/hotel\.example\/, with/ },
    ],
    [
        "a filter's 403",
        (response) => response.writeHead(403).end("<html>blocked</html>"),
        { kind: "denied", message: /Cloudflare's JSON\. Somebody in front .* proxies and filters/ },
    ],
    [
        "a token that is refused with 400",
        refusal(400, 10000),
        { kind: "denied", message: /400: 10000 M\. Check the API token/ },
    ],
    ["408", refusal(408, 1), { kind: "api", message: /answered 408/ }],
    ["500", refusal(500, 1), { kind: "api", message: /answered 500/ }],
    ["a gateway's 502", (r) => r.writeHead(502).end("<html>"), { kind: "api", message: /502/ }],
    [
        "429 that says for how long",
        refusal(429, 971, { "retry-after": "120" }),
        { kind: "api", message: /429: 971 M, and asks to wait 120 s\.$/ },
    ],
    ["429 that does not", refusal(429, 971), { kind: "api", message: /answered 429: 971 M\.$/ }],
    ["401", refusal(401, 10000), { kind: "denied", message: /401: 10000 M\. Check the API token/ }],
    ["403", refusal(403, 9109), { kind: "denied", message: /403: 9109 M\. Check the API token/ }],
    ["a header without a token", refusal(400, 6003), { kind: "denied", message: /API token/ }],
    ["400", refusal(400, 81053), { kind: "refused", message: /answered 400: 81053 M\.$/ }],
    ["404", refusal(404, 81044), { kind: "refused", message: /answered 404: 81044 M\.$/ }],
    [
        "a reason behind the reason",
        json(400, {
            success: false,
            errors: [
                {
                    ...{ code: 1004, message: "DNS Validation Error" },
                    error_chain: [{ code: 9300, message: "too many tags" }],
                },
            ],
        }),
        { kind: "refused", message: /: 1004 DNS Validation Error: 9300 too many tags\.$/ },
    ],
];

describe("client", () => {
    for (const [name, answer, expected] of answers) {
        it(`takes ${name} for ${expected.kind}`, async () => {
            const server = await startAnswering((_request, response) => {
                answer(response);
            });
            const call = client({ baseUrl: server.url, token: "t".repeat(40) });
            await assert.rejects(call("GET", "/x"), (error) => {
                assert.ok(error instanceof Failure);
                assert.match(error.message, expected.message);
                assert.equal(error.kind, expected.kind);
                return true;
            });
            server.close();
        });
    }

    it("reads Retry-After in both of its forms", async () => {
        const waits = async (value: string) => {
            const server = await startAnswering((_request, response) => {
                refusal(429, 971, { "retry-after": value })(response);
            });
            const call = client({ baseUrl: server.url, token: "t".repeat(40) });
            const failure: unknown = await call("GET", "/x").catch((error: unknown) => error);
            server.close();
            return (failure as Failure).retryAfter / 1000;
        };
        assert.equal(await waits("7"), 7);
        const date = await waits(new Date(Date.now() + 3_600_000).toUTCString());
        assert.ok(date > 3_000 && date <= 3_600, String(date));
        assert.equal(await waits(new Date(Date.now() - 60_000).toUTCString()), 0);
        assert.equal(await waits("soon"), 0);
    });
});

describe("dns.mjs and strange answers", () => {
    let world: DnsWorld;
    beforeEach(async () => {
        world = await startDnsWorld();
    });
    afterEach(() => world.close());
    const outcomeOf = async (answer: RequestListener) => {
        const server = await startAnswering(answer);
        const settings = { ...world.impatient, baseUrl: server.url };
        const { result } = await world.outcome("prune", want(names(1)), settings);
        server.close();
        return result;
    };

    it("takes no list for none", async () => {
        const answer = json(200, { success: true, result: null });
        assert.equal(
            await outcomeOf((_request, response) => {
                answer(response);
            }),
            "unavailable",
        );
        assert.match(world.said[0] ?? "", /answered with something that is no list/);
    });

    for (const [status, code] of [
        [400, 81053],
        [404, 81044],
    ] as const) {
        it(`looks again after ${String(status)} on a batch, as often as there are pauses and no more`, async () => {
            const asked: string[] = [];
            const result = await outcomeOf(({ method }, response) => {
                asked.push(String(method));
                const list = json(200, {
                    success: true,
                    result: [],
                    result_info: { total_pages: 1 },
                });
                (method === "GET" ? list : refusal(status, code))(response);
            });
            assert.equal(result, "conflict");
            const rounds = Array.from({ length: usualTiming.lag.length + 1 }, () => [
                "GET",
                "POST",
            ]);
            assert.deepEqual(asked, rounds.flat());
            assert.match(
                world.said.join(),
                new RegExp(`host0.*answered ${String(status)}: ${String(code)}`),
            );
        });
    }

    it("has a route when only the API's name is not found", async () => {
        const baseUrl = "http://api.invalid/client/v4";
        const settings = { ...world.impatient, baseUrl };
        const { result } = await world.outcome("ensure", want(names(1)), settings);
        assert.equal(result, "unavailable");
        assert.match(world.said[0] ?? "", /api\.invalid.*There is a route/);
    });
});
