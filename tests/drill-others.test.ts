import assert from "node:assert/strict";
import { visitable } from "../drills/hostnames";
import { compare, type Snapshot } from "../drills/snapshot";

describe("what others have beside a stack that is made anew", () => {
    const theirs = { id: "3", name: "wiki.home.example", type: "CNAME" };
    const ours = { id: "1", name: "git.home.example", type: "CNAME", comment: "rekindle/home" };
    const at = (tunnel: string, id: string) => ({
        ...{ ...ours, id },
        content: `${tunnel}.cfargotunnel.com`,
    });
    const before: Snapshot = {
        objects: [
            ...["Namespace <none> tunnel-cloudflared-1a u1", "Secret tunnel-cloudflared-1a x u2"],
            ...["ConfigMap default tunnel-of-others u3", "Deployment tunnel-vpn vpn u4"],
        ],
        records: [at("old", "1"), { ...theirs, content: "old.cfargotunnel.com" }],
        tunnel: "old",
    };
    const after: Snapshot = {
        objects: [
            ...["Namespace <none> tunnel-cloudflared-9z u7", "Secret tunnel-cloudflared-9z x u8"],
            ...before.objects.slice(2),
        ],
        records: [at("new", "7"), { ...theirs, content: "old.cfargotunnel.com" }],
        tunnel: "new",
    };
    const failed = (changes: Partial<Snapshot>) =>
        compare(before, { ...after, ...changes }, "stack")
            .filter(({ ok }) => !ok)
            .map(({ detail }) => detail)
            .join();

    it("is as it was, also a record of theirs that points to our tunnel", () => {
        assert.equal(failed({}), "");
    });

    it("is missed when it goes, whatever it is called", () => {
        assert.match(failed({ objects: after.objects.slice(0, 3) }), /gone: Deployment tunnel-vpn/);
        const objects = after.objects.filter((line) => !line.includes("of-others"));
        assert.match(failed({ objects }), /gone: ConfigMap default tunnel-of-others/);
        assert.match(failed({ records: after.records.slice(0, 1) }), /gone: .*wiki/);
        const stolen = { ...at("new", "8"), name: theirs.name };
        assert.match(failed({ records: [at("new", "7"), stolen] }), /new: .*wiki/);
    });
});

describe("the hostnames that a drill visits", () => {
    it("are each visited once, however many routes they have, and wildcards never", () => {
        const routes = ["git.home.example", "*.home.example", "git.home.example", "a.home.example"];
        assert.deepEqual(visitable(routes.map((hostname) => ({ hostname }))), [
            "git.home.example",
            "a.home.example",
        ]);
    });
});
