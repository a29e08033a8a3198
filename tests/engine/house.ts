import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layOut, runEngine, type Place } from "./scenario";

/** The moments at which lab/engine/kill-point.ts can end a step. */
export const points = ["before-call", "after-call", "after-state"] as const;
export const up = ["up", "--yes", "--skip-preview"];
export const destroy = ["destroy", ...up.slice(1)];

/** A project whose runs can be ended by a power cut. */
export class House {
    readonly folder = mkdtempSync(join(tmpdir(), "engine-kill-"));

    constructor(private readonly place: Place = {}) {
        layOut(this.folder);
    }

    program(text: string): void {
        const imports = ["pulumi", "command", "cloudflare", "kubernetes"].map(
            (name) => `import * as ${name} from "@pulumi/${name}";`,
        );
        writeFileSync(join(this.folder, "index.ts"), [...imports, text].join("\n"));
    }

    /** @param at point, step, type and name, as in lab/engine/kill-point.ts */
    async cutOff(at: string, command = up): Promise<void> {
        const env = { ...this.place.env, REKINDLE_ENGINE_KILL: at };
        await assert.rejects(
            runEngine(this.folder, command, { ...this.place, env }),
            /ended with a signal/,
            at,
        );
    }

    async run(command = up): Promise<{ exit: number | null; output: string; errors: string }> {
        const { run, output } = await runEngine(this.folder, command, this.place);
        return { exit: run.exit, output, errors: run.errors.join("\n") };
    }

    /** It converges: all went well, nothing is pending, and the next run has nothing to do. */
    async converges(command = up): Promise<void> {
        const { exit, output } = await this.run(command);
        assert.equal(exit, 0, output);
        const state = readFileSync(
            join(this.folder, "state/rekindle-conformance-dev.json"),
            "utf8",
        );
        assert.deepEqual((JSON.parse(state) as { pending: unknown[] }).pending, []);
        const again = await this.run(command);
        assert.match(again.output, command === up ? /Resources: \d+ unchanged/ : /Resources: none/);
    }

    remove(): void {
        rmSync(this.folder, { recursive: true });
    }
}
