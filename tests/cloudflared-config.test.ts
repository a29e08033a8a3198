import assert from "node:assert/strict";
import { parse } from "yaml";
import { connectorFiles, ingressConfig } from "../components/cloudflared-config";
import { homeCa } from "./right-pem";

describe("ingressConfig", () => {
    it("puts the most specific hostname first, whatever order the routes have", () => {
        const names = ["*.b.example", "a.b.example", "*.x.b.example", "z.a.example", "*.a.example"];
        const order = ["a.b.example", "z.a.example", "*.x.b.example", "*.a.example", "*.b.example"];
        for (const routes of [names, [...names].reverse()]) {
            const text = ingressConfig(
                routes.map((hostname) => ({ hostname, service: "http_status:200" })),
            );
            const { ingress } = parse(text) as { ingress: { hostname?: string }[] };
            assert.deepEqual(
                ingress.map(({ hostname }) => hostname),
                [...order, undefined],
            );
        }
    });

    it("puts the routes with a path before the one without, otherwise as they are listed", () => {
        const service = "http_status:200";
        const routes = [
            { hostname: "*.b.example", service },
            { hostname: "*.b.example", path: "^/wild", service },
            { hostname: "a.b.example", service },
            { hostname: "a.b.example", path: "^/z", service },
            { hostname: "a.b.example", path: "^/a", service },
            { hostname: "z.b.example", path: "^/", service },
        ];
        const { ingress } = parse(ingressConfig(routes)) as {
            ingress: { hostname?: string; path?: string }[];
        };
        assert.deepEqual(
            ingress.map(({ hostname = "", path = "" }) => hostname + path),
            [
                ...["a.b.example^/z", "a.b.example^/a", "a.b.example", "z.b.example^/"],
                ...["*.b.example^/wild", "*.b.example", ""],
            ],
        );
    });

    it("gives a CA's text as a file beside config.yaml, once for all routes that have it", () => {
        const other = homeCa.trimEnd();
        const files = connectorFiles(
            [homeCa, homeCa, other, undefined].map((caPool, index) => ({
                hostname: `h${index}.b.example`,
                service: "https://a.b",
                originRequest: caPool === undefined ? { http2Origin: true } : { caPool },
            })),
        );
        const { "config.yaml": text = "", ...pools } = files;
        const { ingress } = parse(text) as { ingress: { originRequest?: { caPool?: string } }[] };
        const named = ingress.map(({ originRequest }) => originRequest?.caPool);
        assert.match(named[0] ?? "", /^\/etc\/cloudflared\/ca-[0-9a-f]{16}\.pem$/);
        assert.equal(named[1], named[0]);
        assert.notEqual(named[2], named[0]);
        assert.deepEqual(named.slice(3), [undefined, undefined]);
        assert.deepEqual(pools, {
            [(named[0] ?? "").replace("/etc/cloudflared/", "")]: homeCa,
            [(named[2] ?? "").replace("/etc/cloudflared/", "")]: other,
        });
    });

    it("passes each option on as cloudflared reads it", () => {
        const originRequest = {
            access: { required: true, teamName: "t", audTag: ["a"] },
            matchSNItoHost: true,
            connectTimeout: "1.5s",
        };
        const text = ingressConfig([
            { hostname: "a.b.example", service: "https://a.b", originRequest },
        ]);
        const { ingress } = parse(text) as { ingress: { originRequest?: object }[] };
        assert.deepEqual(ingress[0]?.originRequest, originRequest);
    });

    it("quotes whatever a service may hold", () => {
        const route = {
            hostname: "a.b.example",
            path: "^/\\.git: #[\"']",
            service: "http://#1: x",
            originRequest: { httpHostHeader: "- {y}" },
        };
        const { ingress } = parse(ingressConfig([route])) as { ingress: object[] };
        assert.deepEqual(ingress[0], route);
    });
});
