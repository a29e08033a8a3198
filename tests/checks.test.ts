import assert from "node:assert/strict";
import { expectedAt, expectedStatus, judgedHealth, judgedVisit } from "../lab/checks";

describe("expectedStatus", () => {
    it("takes an answer of the origin, also one that asks for a password", () => {
        const expected = expectedStatus("http://git:3000");
        assert.deepEqual([200, 302, 401, 403].map(expected), [true, true, true, true]);
        assert.deepEqual([404, 502, 530].map(expected), [false, false, false]);
    });

    it("takes only the fixed status of a route that has one", () => {
        assert.deepEqual([404, 200].map(expectedStatus("http_status:404")), [true, false]);
    });
});

describe("`up`'s looks, with something in front of the tunnel", () => {
    const answer = (status: number, headers = {}) => ({ status, headers, body: "", seconds: 0.1 });
    const location = "https://me.cloudflareaccess.com/cdn-cgi/access/login/git.home.example";

    it("take no login of Cloudflare Access and no challenge for an answer of the service", () => {
        const taken = expectedStatus("http://git:3000");
        const access = judgedVisit(answer(302, { location }), taken);
        const challenge = judgedVisit(answer(403, { "cf-mitigated": "challenge" }), taken);
        assert.deepEqual([access.ok, challenge.ok], [false, false]);
        assert.match(access.detail, /^cannot be judged: .* Cloudflare Access, with 302$/);
        assert.match(challenge.detail, /^cannot be judged: .* challenge page .*, with 403$/);
        // A service's own login, and its own refusal.
        const own = [answer(302, { location: "/login" }), answer(403)];
        assert.ok(own.every((each) => judgedVisit(each, taken).ok));
    });

    it("take only 204 at the health hostname, and call unknown what is not Cloudflare's own 'nobody answers'", () => {
        assert.deepEqual(judgedHealth(answer(204)), { ok: true, detail: "204 in 0.10 s" });
        assert.deepEqual(judgedHealth(answer(530)), { ok: false, detail: "530 in 0.10 s" });
        for (const each of [answer(302, { location }), answer(200), answer(404), answer(502)]) {
            const { ok, detail } = judgedHealth(each);
            assert.equal(ok, false);
            assert.match(detail, /^cannot be judged: something in front answers/);
        }
        assert.equal(judgedHealth({ error: "no answer", seconds: 1 }).detail, "no answer");
    });
});

describe("expectedAt", () => {
    const hostname = "git.home.example";
    const takes = (routes: readonly { path?: string; service: string; access?: boolean }[]) =>
        [200, 204, 403, 404, 502].filter(
            expectedAt(
                hostname,
                routes.map(({ path, service, access = false }) => ({
                    ...{ hostname, path, service },
                    ...(access ? { originRequest: { access: { required: true } } } : {}),
                })),
            ),
        );

    it("looks at the route that has the first page", () => {
        const api = { path: "^/api/", service: "http_status:204" };
        assert.deepEqual(takes([api, { service: "http://git:3000" }]), [200, 204, 403]);
        assert.deepEqual(takes([{ path: "^/$", service: "http_status:204" }]), [204]);
        assert.deepEqual(takes([api]), [404]);
    });

    it("takes the refusal of a route that wants Cloudflare Access", () => {
        assert.deepEqual(takes([{ service: "http_status:204", access: true }]), [403]);
    });

    it("reads a path as Go does", () => {
        const path = "(?P<first>^/\\z)";
        const routes = [{ path, service: "http_status:204" }, { service: "http://a" }];
        assert.deepEqual(takes(routes), [204]);
    });
});
