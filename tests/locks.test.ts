import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { isLocked } from "../lab/pulumi/locks";

describe("isLocked", () => {
    let folder: string;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "rekindle-locks-"));
    });
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });
    const lock = (pid: number, host: string) => {
        const locks = join(folder, ".pulumi/locks/organization/rekindle/dev");
        mkdirSync(locks, { recursive: true });
        writeFileSync(join(locks, "1.json"), JSON.stringify({ pid, hostname: host }));
    };

    it("is true while the process runs, and false once it was killed", async () => {
        const child = spawn("sleep", ["60"], { argv0: "pulumi" });
        await once(child, "spawn");
        lock(child.pid ?? 0, hostname());
        assert.equal(isLocked(folder), true);
        child.kill("SIGKILL");
        await once(child, "close");
        assert.equal(isLocked(folder), false);
    });

    it("is true for a lock of another computer, whose processes cannot be seen", () => {
        lock(1, "another");
        assert.equal(isLocked(folder), true);
    });

    it("is false for a stack without a lock", () => {
        assert.equal(isLocked(folder), false);
    });
});
