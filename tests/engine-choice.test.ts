import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { chooseEngine } from "../lab/engine-choice";

describe("chooseEngine", () => {
    let folder: string;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "rekindle-choice-"));
    });
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });
    const made = (path: string) => {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), "{}");
    };
    const choose = (complete: boolean) => chooseEngine(folder, () => complete).name;

    it("takes Pulumi's own for a new stack where it is complete, and the bundled one elsewhere", () => {
        assert.equal(choose(true), "pulumi");
        assert.equal(choose(false), "bundled");
    });

    it("never hands a stack from one to the other", () => {
        made("rekindle-rekindle-dev.json");
        assert.equal(choose(true), "bundled");
    });

    it("says what to do when the one that made the stack is gone", () => {
        made(".pulumi/stacks/rekindle/dev.json");
        assert.equal(choose(true), "pulumi");
        assert.throws(
            () => choose(false),
            /Pulumi's own engine made the lab's stack.*npm run down/,
        );
    });
});
