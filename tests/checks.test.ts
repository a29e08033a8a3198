import assert from "node:assert/strict";
import { expectedAt, expectedStatus } from "../lab/checks";

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

    it("takes any answer where only Go can say which route it is", () => {
        const routes = [{ path: "(?P<x>a)?", service: "http_status:204" }, { service: "http://a" }];
        assert.deepEqual(takes(routes), [200, 204, 403, 404]);
    });
});
