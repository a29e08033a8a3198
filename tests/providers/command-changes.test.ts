import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Project } from "./pulumi";

// Each expectation is what Pulumi 3.260 with the real pulumi-command 1.2.1 was recorded to do, but for the stored inputs.
describe("a command of the stand-in plugin on Pulumi's engine", () => {
    const program = (step: number): string => `
        const a = new command.local.Command("a", { create: "echo ${step === 1 ? "one" : "two"}" });
        const b = new command.local.Command("b", { create: pulumi.interpolate\`echo got \${a.stdout}\` });
        new command.local.Command("verbs", { create: "echo create", update: "echo update",
            environment: { N: "${step}" } });
        const t = new command.local.Command("triggered", { create: "echo create", update: "echo update",
            triggers: [${step}] });
        new command.local.Command("after", { create: pulumi.interpolate\`echo got \${t.stdout}\` });
        new command.local.Command("strict", { create: "true", environment: { N: "${step}" } },
            { replaceOnChanges: ["environment.N"] });
        const text = "plain-then-secret";
        new command.local.Command("hidden", { create: "cat > hidden",
            stdin: ${step === 1 ? "text" : "pulumi.secret(text)"} });
        new command.local.Command("output", { create: "echo open" }, { additionalSecretOutputs: ["stdout"] });
        const mine = new command.Provider("mine");
        new command.local.Command("kept", { create: "echo made; echo wrong >&2", interpreter: ["/bin/bash", "-c"],
            environment: { GREETING: "hello" }, dir: __dirname + "/state", stdin: "in",
            delete: "read x; echo $x $GREETING $PWD \${BASH_VERSION%%.*} $PULUMI_COMMAND_STDOUT $PULUMI_COMMAND_STDERR > ../gone",
        }, { provider: mine });`;

    let project: Project;
    before(async () => {
        project = await Project.create(program(1));
    });
    after(() => {
        project.remove();
    });

    it("creates everything, with the printed lines in the log", async () => {
        const { exit, steps, output } = await project.up();
        assert.equal(exit, 0, output);
        assert.deepEqual([...new Set(Object.values(steps))], ["create"]);
        assert.match(output, /Command \(b\):\n\s+got one\n/);
        const { a, b, mine, hidden, output: marked } = project.outputs();
        assert.deepEqual(a, { create: "echo one", stderr: "", stdout: "one" });
        assert.equal(b?.["stdout"], "got one");
        assert.equal(mine?.["__pulumi-go-provider-version"], "v1.5.0");
        assert.equal(hidden?.["stdin"], "plain-then-secret");
        assert.deepEqual(marked, { create: "echo open", stderr: "", stdout: "[secret]" });
    });

    it("previews a change: what reads an output that is not known yet may change too", async () => {
        project.program(program(2));
        const { exit, steps } = await project.preview();
        assert.equal(exit, 0);
        assert.deepEqual(steps, {
            ...{ a: "update", b: "update", verbs: "update", hidden: "update" },
            ...{ triggered: "delete-replaced", after: "update", strict: "delete-replaced" },
            ...{ output: "same", mine: "same", kept: "same" },
        });
    });

    it("updates in place, replaces for triggers, and takes a new secret for a change", async () => {
        const { exit, steps, output } = await project.up();
        assert.equal(exit, 0, output);
        assert.deepEqual(steps, {
            ...{ a: "update", b: "update", verbs: "update", hidden: "update" },
            ...{ triggered: "delete-replaced", after: "same", strict: "delete-replaced" },
            ...{ output: "same", mine: "same", kept: "same" },
        });
        const { b, verbs, triggered, hidden } = project.outputs();
        assert.deepEqual(
            [b, verbs, triggered].map((one) => one?.["stdout"]),
            ["got two", "update", "create"],
        );
        assert.equal(hidden?.["stdin"], "[secret]");
        assert.equal(readFileSync(join(project.folder, "hidden"), "utf8"), "plain-then-secret");
    });

    it("leaves everything as it is when nothing changed, also in a refresh", async () => {
        for (const command of ["up", "refresh"]) {
            const { exit, steps } = await project.run(command, "--yes", "--skip-preview");
            assert.equal(exit, 0);
            assert.deepEqual(
                [...new Set(Object.values(steps))].toString(),
                command === "up" ? "same" : "refresh",
            );
        }
        assert.equal(project.outputs()["hidden"]?.["stdin"], "[secret]");
    });

    it("gives a deletion its stored input, environment, directory and earlier output", async () => {
        const { exit } = await project.destroy();
        assert.equal(exit, 0);
        const words = readFileSync(join(project.folder, "gone"), "utf8").trim().split(" ");
        assert.deepEqual(words.toSpliced(2, 2), ["in", "hello", "made", "wrong"]);
        assert.match(words[2] ?? "", /\/state$/);
        assert.match(words[3] ?? "", /^\d+$/);
    });
});
