import assert from "node:assert/strict";
import { parse } from "yaml";
import { ingressConfig } from "../components/cloudflared-config";

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

    it("quotes whatever a service may hold", () => {
        const route = {
            hostname: "a.b.example",
            service: "http://#1: x",
            originRequest: { httpHostHeader: "- {y}" },
        };
        const { ingress } = parse(ingressConfig([route])) as { ingress: object[] };
        assert.deepEqual(ingress[0], route);
    });
});
