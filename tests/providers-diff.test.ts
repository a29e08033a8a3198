import assert from "node:assert/strict";
import { differences, formatPath } from "../lab/providers/diff";
import { annotateSecrets, containsSecret, reveal } from "../lab/providers/secrets";
import { settle } from "../lab/providers/settle";
import { text, unknown, type Value } from "../lab/providers/values";

const secret = (value: Value) => ({
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    value,
});

describe("differences", () => {
    it("lists every place, and no more", () => {
        const before = { same: [1, { a: null }], text: "a", list: ["x", "y"], gone: {} };
        const after = { same: [1, { a: null }], text: "b", list: ["x"], added: { deep: true } };
        assert.deepEqual(
            differences(before, after).map(({ path, kind }) => [formatPath(path), kind]),
            [
                ["added", "add"],
                ["gone", "delete"],
                ["list[1]", "delete"],
                ["text", "update"],
            ],
        );
    });

    it("takes an unknown for different, even from an unknown", () => {
        assert.equal(differences({ a: unknown }, { a: unknown }).length, 1);
    });

    it("writes paths as Pulumi does", () => {
        const path = ["data", "config.yaml", "items", 0, "app-name"];
        assert.equal(formatPath(path), 'data["config.yaml"].items[0].app-name');
    });
});

describe("secrets", () => {
    it("pass from inputs to the outputs of the same name", () => {
        const inputs = { token: secret("s"), open: "o", deep: { key: secret("k"), open: 1 } };
        const outputs = { token: "s", open: "o", deep: { key: "k", open: 1 }, more: "m" };
        assert.deepEqual(annotateSecrets(outputs, inputs), { ...inputs, more: "m" });
        assert.deepEqual(reveal(annotateSecrets(outputs, inputs)), outputs);
    });

    it("hide a whole array when one of its items is secret", () => {
        const marked = annotateSecrets({ list: ["b", "a"] }, { list: ["a", secret("b")] });
        assert.deepEqual(marked, { list: secret(["b", "a"]) });
        assert.ok(containsSecret(marked));
    });

    it("are told from assets, which are refused", () => {
        const asset = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17" };
        assert.throws(() => reveal({ file: asset }), /does not handle assets/);
    });
});

describe("settle", () => {
    const spelling = {
        defaults: { paused: false },
        same: { wait: (old: Value, live: Value) => `${text(old)}0` === live },
        identity: { rules: "id" },
    };

    it("keeps what the program wrote where the API says the same in other words", () => {
        const old = { title: "t", note: "", rules: [{ id: "a", wait: "1" }] };
        const live = { title: "t", paused: false, rules: [{ id: "a", wait: "10", paused: false }] };
        assert.deepEqual(settle(old, live, spelling), old);
    });

    it("shows what was added, changed and taken away", () => {
        const old = { title: "t", labels: { a: "1" }, rules: [{ id: "a", wait: "1" }] };
        const live = { title: "u", paused: true, labels: {}, rules: [{ id: "a", wait: "30" }] };
        assert.deepEqual(settle(old, live, spelling), {
            ...{ title: "u", paused: true, rules: [{ id: "a", wait: "30" }] },
        });
    });

    it("recognises an item of an array wherever it has moved", () => {
        const rules = [
            { id: "a", wait: "1" },
            { id: "b", wait: "2" },
        ];
        const live = {
            rules: [
                { id: "b", wait: "20" },
                { id: "a", wait: "10" },
            ],
        };
        assert.deepEqual(settle({ rules }, live, spelling), { rules: rules.toReversed() });
    });

    it("takes over everything when there is no old state", () => {
        assert.deepEqual(settle(undefined, { a: "1", paused: false }, spelling), { a: "1" });
    });
});
