import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { mergeConfig, type StackValues } from "../lab/merge-config";
import { committedConfig } from "../lab/stack";

const { config: committed } = parse(readFileSync(committedConfig, "utf8")) as {
    config: StackValues;
};
const facts = {
    images: { cloudflared: "lab/connector@sha256:1", node: "lab/node@sha256:2" },
    hostKeys: { "10.77.0.11": "ssh-ed25519 AAAA1", "10.77.0.12": "ssh-ed25519 AAAA2" },
};
const merged = (source: StackValues, secrets: StackValues = {}) =>
    mergeConfig(source, committed, facts, secrets);

describe("mergeConfig", () => {
    it("gives the committed configuration the lab's images and its Pis' host keys, and changes nothing else", () => {
        const result = merged(committed);
        assert.deepEqual(result["rekindle:images"], facts.images);
        const nodes = result["rekindle:nodes"] as { name: string; hostKey?: string }[];
        assert.deepEqual(
            nodes.map(({ hostKey }) => hostKey),
            ["ssh-ed25519 AAAA1", "ssh-ed25519 AAAA2", undefined],
        );
        const changed = Object.keys(result).filter((key) => result[key] !== committed[key]);
        assert.deepEqual(changed.sort(), ["rekindle:images", "rekindle:nodes"]);
    });

    it("leaves another home its own image beside one that it copied", () => {
        const { cloudflared } = committed["rekindle:images"] as { cloudflared: string };
        const node = "git.home.example/dns@sha256:3";
        const { "rekindle:images": images } = merged({ "rekindle:images": { cloudflared, node } });
        assert.deepEqual(images, { cloudflared: facts.images.cloudflared, node });
    });

    it("leaves another home its own Pis", () => {
        const nodes = [{ name: "pi1", address: "192.168.1.11", hostKey: "ssh-ed25519 BBBB" }];
        assert.deepEqual(merged({ "rekindle:nodes": nodes })["rekindle:nodes"], nodes);
    });

    it("gives no Pis to a home that has none, and images to one that names none", () => {
        const result = merged({});
        assert.ok(!("rekindle:nodes" in result));
        assert.deepEqual(result["rekindle:images"], facts.images);
    });

    it("leaves wrong values for the program to tell", () => {
        const wrong = { "rekindle:images": "node:24", "rekindle:nodes": ["pi1", null] };
        assert.deepEqual(merged(wrong), wrong);
    });

    it("puts the lab's secrets over those of the source, which cannot be decrypted here", () => {
        const secrets = { "rekindle:dnsToken": { secure: "lab" } };
        const source = { "rekindle:dnsToken": { secure: "other" } };
        assert.equal(merged(source, secrets)["rekindle:dnsToken"], secrets["rekindle:dnsToken"]);
    });
});
