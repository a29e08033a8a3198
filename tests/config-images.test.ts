import assert from "node:assert/strict";
import { checkConfig } from "../config/check";
import { raw, required } from "./right-config";

const digest = `@sha256:${"0".repeat(64)}`;
const told = (changes: Readonly<Record<string, unknown>>): string => {
    const checked = checkConfig(raw(changes));
    const problems = "problems" in checked ? checked.problems : [];
    return problems.map(({ where, wrong, right }) => `${where}: ${wrong} → ${right}`).join("\n");
};
const image = (kind: "cloudflared" | "node", name: string) =>
    told({ images: { ...required.images, [kind]: name } });

describe("the images in the configuration", () => {
    it("have an example of their own each, so that nobody runs Node as cloudflared", () => {
        assert.match(
            image("cloudflared", "cloudflare/cloudflared:latest"),
            /^rekindle:images\.cloudflared: .* its digest .* → cloudflared: docker\.io\/cloudflare\/cloudflared:/,
        );
        assert.match(image("node", "node:24"), /→ node: docker\.io\/library\/node:24-alpine@/);
        assert.match(
            image("cloudflared", `docker.io/library/node:24-alpine${digest}`),
            /is an image of node, and the tunnel's pods run it as cloudflared/,
        );
        assert.match(
            image("node", `cloudflare/cloudflared:1${digest}`),
            /is an image of cloudflared/,
        );
    });

    it("are new enough for what the pods do with them, as far as their tags say", () => {
        for (const tag of ["2025.2.1", "2024.12.2", "2025.3.9-amd64"]) {
            assert.match(
                image("cloudflared", `cloudflare/cloudflared:${tag}${digest}`),
                /is cloudflared 202\d\.\d+\.\d+, which reads no token from a file: that takes 2025\.4\.0 or newer/,
            );
        }
        for (const tag of ["2025.4.0", "2026.8.2", "latest", "1", "2025.10.0"]) {
            assert.equal(image("cloudflared", `cloudflare/cloudflared:${tag}${digest}`), "", tag);
        }
        assert.match(
            image("node", `node:20-alpine${digest}`),
            /is Node 20, and the scripts need 22/,
        );
        for (const name of ["node:22", "node", "node:lts-alpine", "r.lan:5000/me/mynode:7"]) {
            assert.equal(image("node", `${name}${digest}`), "", name);
        }
    });
});

describe("a route's hostname", () => {
    for (const [hostname, wrong, right] of [
        ["https://git.home.example/", /not a hostname but an address/, "git.home.example"],
        ["git.home.example/app", /it has a path in it/, "git.home.example"],
        ["git.home.example:443", /visitors come by HTTPS/, "git.home.example"],
        ["git.home.example.", /it ends with a dot/, "git.home.example"],
        ["git.*.home.example", /\* stands only first/, "*.home.example"],
        ["git*.home.example", /\* stands only first/, "*.home.example"],
        ["-git.home.example", /is not a hostname \(/, "git.home.example"],
    ] as const) {
        it(`is refused as ${hostname}, with what was meant`, () => {
            const text = told({ routes: [{ hostname, service: "http://a.b" }] });
            assert.match(text, wrong);
            assert.ok(text.endsWith(`→ hostname: ${right}`), text);
        });
    }
});
