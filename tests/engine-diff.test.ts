import assert from "node:assert/strict";
import { differences, formatPath, keepOld, parsePath, touches } from "../lab/engine/diff";
import { lineDiff, showChange } from "../lab/engine/display-diff";
import { shownChanges } from "../lab/engine/shown";
import { annotateSecrets, reveal, secret, unknown } from "../lab/engine/values";

describe("differences", () => {
    it("finds every place, and no more", () => {
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
});

describe("paths", () => {
    it("are written as Pulumi writes them, and read back", () => {
        const path = ["data", "config.yaml", "items", 0, "app-name"];
        assert.equal(formatPath(path), 'data["config.yaml"].items[0].app-name');
        assert.deepEqual(parsePath(formatPath(path)), path);
        assert.deepEqual(parsePath("spec.containers[*].image"), [
            ...["spec", "containers", "*", "image"],
        ]);
    });

    it("touch what lies at, above and below them", () => {
        const pattern = parsePath("spec.selector");
        assert.ok(touches(pattern, ["spec"]));
        assert.ok(touches(pattern, ["spec", "selector", "matchLabels"]));
        assert.ok(!touches(pattern, ["spec", "template"]));
        assert.ok(touches(parsePath("list[*].a"), ["list", 3, "a"]));
    });
});

describe("keepOld", () => {
    it("holds back one place and leaves the rest new", () => {
        const old = { a: { b: 1, c: 1 }, list: [{ x: 1, y: 1 }] };
        const wanted = { a: { b: 2, c: 2 }, list: [{ x: 2, y: 2 }] };
        assert.deepEqual(keepOld(["a", "b"], old, wanted), { ...wanted, a: { b: 1, c: 2 } });
        assert.deepEqual(keepOld(parsePath("list[*].x"), old, wanted), {
            ...wanted,
            list: [{ x: 1, y: 2 }],
        });
    });

    it("leaves out what there was not before", () => {
        const kept = keepOld(["secret"], { name: "a" }, { name: "b", secret: "s" });
        assert.deepEqual(JSON.parse(JSON.stringify(kept)), { name: "b" });
    });
});

describe("secrets", () => {
    it("pass from inputs to the outputs of the same name", () => {
        const inputs = { token: secret("s"), open: "o", deep: { key: secret("k"), open: 1 } };
        const outputs = { token: "s", open: "o", deep: { key: "k", open: 1 }, more: "m" };
        assert.deepEqual(annotateSecrets(outputs, inputs), {
            ...{ token: secret("s"), open: "o", more: "m" },
            deep: { key: secret("k"), open: 1 },
        });
        assert.deepEqual(reveal(annotateSecrets(outputs, inputs)), outputs);
    });

    it("hide a whole array when one of its items is secret", () => {
        const marked = annotateSecrets({ list: ["b", "a"] }, { list: ["a", secret("b")] });
        assert.deepEqual(marked, { list: secret(["b", "a"]) });
    });

    it("never show in a change, also when only one side is secret", () => {
        const old = { data: { token: "old-value", open: "1" }, stdin: "was-open" };
        const now = { data: { token: "new-value", open: "2" }, stdin: "is-secret" };
        const marked = { ...now, data: secret(now.data), stdin: secret(now.stdin) };
        const shown = shownChanges(differences(old, now), old, marked);
        assert.deepEqual(
            shown.map(({ path, before, after }) => [formatPath(path), before, after]),
            [
                ["data", "[secret]", "[secret]"],
                ["stdin", "[secret]", "[secret]"],
            ],
        );
        assert.doesNotMatch(shown.flatMap(showChange).join(), /value|was-open|is-secret/);
    });
});

describe("showChange", () => {
    const change = { kind: "update", replace: false } as const;

    it("shows a text of several lines by its changed lines, with one around them", () => {
        const before = ["ingress:", "- a", "- b", "- c", "- d", "- e"].join("\n");
        const after = before.replace("- c", "- C");
        const path = ["data", "config.yaml"];
        assert.deepEqual(showChange({ ...change, path, before, after }), [
            '~ data["config.yaml"]:',
            ...["      - b", "    - - c", "    + - C", "      - d"],
        ]);
    });

    it("shows a JSON text by its values", () => {
        const [before, after] = ['{"hosts":["a"]}', '{"hosts":["a","b"]}'];
        assert.deepEqual(showChange({ ...change, path: ["stdin"], before, after }), [
            ...["~ stdin:", '    + hosts[1]: "b"'],
        ]);
    });

    it("marks what leads to a replacement", () => {
        const shown = showChange({
            ...change,
            path: ["type"],
            before: "a",
            after: "b",
            replace: true,
        });
        assert.deepEqual(shown, ['~ type (replaces): "a" => "b"']);
    });

    it("says where lines were left out between two changes", () => {
        const before = "1\n2\n3\n4\n5\n6\n7";
        assert.deepEqual(lineDiff(before, before.replace("1", "one").replace("7", "seven")), [
            ...["- 1", "+ one", "  2", "…", "  6", "- 7", "+ seven"],
        ]);
    });
});
