import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Project, type Run } from "./pulumi";

// Each expectation is what Pulumi 3.260 with the real pulumi-command 1.2.1 was recorded to do.
describe("a command that fails in the stand-in plugin on Pulumi's engine", () => {
    const program = (create: string, remove = "true"): string => `
        const a = new command.local.Command("a", { create: "echo a" });
        const b = new command.local.Command("b", { create: "${create}", delete: "${remove}" }, { dependsOn: a });
        new command.local.Command("c", { create: "echo c" }, { dependsOn: b });`;

    let project: Project;
    before(async () => {
        project = await Project.create(program("exit 3"));
    });
    after(() => {
        project.remove();
    });

    it("is not there when its creation failed, and creates nothing that depends on it", async () => {
        const { exit, steps, errors } = await project.up();
        assert.notEqual(exit, 0);
        assert.deepEqual(steps, { a: "create", b: "create FAILED" });
        assert.deepEqual(errors, ['exit status 3: running "exit 3":', "update failed"]);
        assert.deepEqual(Object.keys(project.outputs()), ["a"]);
    });

    it("is created by the next up", async () => {
        project.program(program("echo b", "exit 4"));
        const { exit, steps } = await project.up();
        assert.equal(exit, 0);
        assert.deepEqual(steps, { a: "same", b: "create", c: "create" });
    });

    it("keeps its old inputs and outputs when its update failed", async () => {
        project.program(program("echo loud; exit 5", "exit 4"));
        const { exit, steps, errors, output } = await project.up();
        assert.notEqual(exit, 0);
        assert.equal(steps["b"], "update FAILED");
        assert.equal(errors[0], 'exit status 5: running "echo loud; exit 5":');
        assert.match(output, /running "echo loud; exit 5":\s+loud/);
        const outputs = { create: "echo b", delete: "exit 4", stderr: "", stdout: "b" };
        assert.deepEqual(project.outputs()["b"], outputs);
    });

    it("stays when its deletion failed", async () => {
        const { exit, steps, errors } = await project.destroy();
        assert.notEqual(exit, 0);
        assert.deepEqual(steps, { c: "delete", b: "delete FAILED" });
        assert.deepEqual(errors, ['exit status 4: running "exit 4":', "update failed"]);
        assert.deepEqual(Object.keys(project.outputs()).sort(), ["a", "b"]);
    });
});

describe("a command that is cut short in the stand-in plugin on Pulumi's engine", () => {
    let project: Project;
    beforeEach(async () => {
        project = await Project.create("");
    });
    afterEach(() => {
        project.remove();
    });

    /** Waits until the command runs. */
    const begun = async (run: Promise<Run>): Promise<void> => {
        const over = run.then(({ output }) => {
            throw new Error(`the command never began:\n${output}`);
        });
        const file = join(project.folder, "begun");
        const runs = (async () => {
            while (!existsSync(file)) {
                await new Promise((resolve) => setTimeout(resolve, 50).unref());
            }
        })();
        await Promise.race([over, runs]);
        over.catch(() => undefined);
    };

    it("is killed when its time is over", async () => {
        project.program(`new command.local.Command("a", { create: "exec sleep 60" },
            { customTimeouts: { create: "1s" } });`);
        const { exit, errors } = await project.up();
        assert.notEqual(exit, 0);
        assert.deepEqual(errors, ['signal: killed: running "exec sleep 60":', "update failed"]);
    });

    it("is killed by Ctrl-C, and created by the next up", async () => {
        const program = (end: string) =>
            `new command.local.Command("a", { create: "touch begun; ${end}" });`;
        project.program(program("exec sleep 60"));
        const { child, run } = project.start("up", "--yes", "--skip-preview");
        await begun(run);
        child.kill("SIGINT");
        const { exit, errors } = await run;
        assert.notEqual(exit, 0);
        assert.match(errors.join("\n"), /signal: killed: running/);
        project.program(program("true"));
        assert.deepEqual((await project.up()).steps, { a: "create" });
    });

    it("is killed when the engine dies, and its plugin ends", async () => {
        project.program(
            `new command.local.Command("a", { create: "echo $$ > begun; exec sleep 60" });`,
        );
        const { child, run } = project.start("up", "--yes", "--skip-preview");
        await begun(run);
        child.kill("SIGKILL");
        // Plugins hold the output open: the run ends when they have.
        assert.equal((await run).exit, null);
    });
});
