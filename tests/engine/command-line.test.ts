import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newSalt, passphraseCrypter } from "../../lab/engine/passphrase";
import { layOut, runEngine } from "./scenario";

const imports = `import * as pulumi from "@pulumi/pulumi";\nimport { local } from "@pulumi/command";\n`;
const up = ["up", "--yes", "--skip-preview"];

describe("the bundled engine's command line", () => {
    let folder: string;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "engine-test-"));
        layOut(folder);
    });
    afterEach(() => {
        rmSync(folder, { recursive: true, force: true });
    });

    const program = (text: string) => {
        writeFileSync(join(folder, "index.ts"), imports + text);
    };
    const stateText = () =>
        readFileSync(join(folder, "state/rekindle-conformance-dev.json"), "utf8");
    const names = () =>
        (JSON.parse(stateText()) as { resources: { urn: string }[] }).resources.map(({ urn }) =>
            urn.split("::").pop(),
        );

    const refusals = {
        "a resource type without rules": [
            `new pulumi.CustomResource("cloud:index:Server", "a", {});`,
            /no rules for resources of type cloud:index:Server; it knows command:local:Command, /,
        ],
        "an option that it does not handle": [
            `new local.Command("a", { create: "true" }, { replacementTrigger: "1" });`,
            /command:local:Command a uses replacementTrigger, which .* does not handle/,
        ],
        "a function": [
            `pulumi.runtime.invoke("command:local:run", { command: "true" });`,
            /the function command:local:run is not handled by Rekindle's bundled engine/,
        ],
        "an input that it does not handle": [
            `new local.Command("a", { create: "true", assetPaths: ["*"] });`,
            /resource 'a' has a problem: assetPaths is an input that .* does not handle/,
        ],
        "two resources of one name": [
            `new local.Command("a", { create: "true" }); new local.Command("a", { create: "true" });`,
            /Duplicate resource URN '.*Command::a'/,
        ],
    } as const;
    for (const [what, [text, message]] of Object.entries(refusals)) {
        it(`refuses ${what}`, async () => {
            program(text);
            const { run } = await runEngine(folder, ["preview"]);
            assert.equal(run.exit, 1);
            assert.match(run.errors.join("\n"), message);
        });
    }

    it("tells what a broken program says, and deletes nothing", async () => {
        program(`new local.Command("kept", { create: "true", delete: "false" });`);
        await runEngine(folder, up);
        program(`throw new Error("a mistake of mine");`);
        const { run } = await runEngine(folder, up);
        assert.equal(run.exit, 1);
        assert.match(run.errors[0] ?? "", /a mistake of mine/);
        assert.ok(names().includes("kept"));
    });

    it("starts Node with the project's nodeargs", async () => {
        const file = join(folder, "Pulumi.yaml");
        const bare = readFileSync(file, "utf8");
        writeFileSync(
            file,
            bare.replace("options: {", "options: { nodeargs: --import ./first.mjs,"),
        );
        writeFileSync(join(folder, "first.mjs"), 'globalThis.first = "was loaded first";');
        program(`throw new Error(String(Reflect.get(globalThis, "first")));`);
        const { run } = await runEngine(folder, ["preview"]);
        assert.match(run.errors[0] ?? "", /was loaded first/);
    });

    it("keeps secrets out of the state, the event log and what it prints", async () => {
        const salt = newSalt("test");
        const secure = passphraseCrypter("test", salt).encrypt("from-config-tell-nobody");
        writeFileSync(
            join(folder, "Pulumi.dev.yaml"),
            `encryptionsalt: ${salt}\nconfig:\n  conformance:list:\n    - name: a\n      key: { secure: "${secure}" }\n`,
        );
        const text = (end: string) => `
            const list = new pulumi.Config().requireSecretObject<{ key: string }[]>("list");
            new local.Command("a", {
                create: "cat > seen", update: "cat > seen", logging: "none",
                stdin: pulumi.interpolate\`\${list.apply((l) => l[0].key)}${end}\`,
            });
            export const open = list;`;
        program(text("1"));
        const first = await runEngine(folder, up);
        assert.equal(readFileSync(join(folder, "seen"), "utf8"), "from-config-tell-nobody1");
        program(text("2"));
        const preview = await runEngine(folder, ["preview"]);
        const log = readFileSync(join(folder, "events.json"), "utf8");
        const second = await runEngine(folder, up);
        assert.match(preview.output, /~ stdin: "\[secret\]" => "\[secret\]"/);
        assert.match(second.output, /open : "\[secret\]"/);
        const told = [first.output, preview.output, second.output, log, stateText()].join("\n");
        assert.ok(!told.includes("tell-nobody"));
        const { mode } = statSync(join(folder, "state/rekindle-conformance-dev.json"));
        assert.equal(mode & 0o777, 0o600);
    });

    it("shows before a change exactly what would change, and changes nothing", async () => {
        const text = (line: string) => `
            new local.Command("a", { create: "cat", stdin: "first\\n${line}\\nlast" });
            new local.Command("b", { create: "true" });`;
        program(text("before"));
        await runEngine(folder, up);
        const before = stateText();
        program(text("after"));
        const { output } = await runEngine(folder, ["preview"]);
        const shown = output
            .split("\n")
            .filter((line) => line.startsWith("     ") || /Command/.test(line));
        assert.deepEqual(shown, [
            " ~  command:local:Command a update",
            "        ~ stdin:",
            ...[
                "              first",
                "            - before",
                "            + after",
                "              last",
            ],
        ]);
        assert.match(output, /Resources: ~ 1 to update, 2 unchanged/);
        assert.equal(stateText(), before);
    });

    it("does nothing that was not confirmed", async () => {
        program(`new local.Command("a", { create: "true" });`);
        const { run, output } = await runEngine(folder, ["up"]);
        assert.equal(run.exit, 1);
        assert.match(output, /Nothing was changed: add --yes/);
        assert.throws(stateText, /ENOENT/);
    });

    it("finishes the step that runs when it is interrupted, and begins no other", async () => {
        program(`
            const a = new local.Command("a", { create: "kill -INT $PPID; echo whole" });
            new local.Command("b", { create: "true" }, { dependsOn: a });`);
        const { run } = await runEngine(folder, up);
        assert.equal(run.exit, 1);
        assert.match(run.errors[0] ?? "", /^interrupted/);
        assert.ok(names().includes("a") && !names().includes("b"));
        assert.match(stateText(), /"stdout": "whole"/);
    });

    it("knows after a power cut which step was under way, and goes on", async () => {
        program(`new local.Command("a", { create: "kill -KILL $PPID" });`);
        await assert.rejects(runEngine(folder, up), /ended with a signal/);
        assert.match(stateText(), /"op": "create",\s+"urn": ".*Command::a"/);
        program(`new local.Command("a", { create: "true" });`);
        const { run, output } = await runEngine(folder, up);
        assert.equal(run.exit, 0);
        assert.match(output, /warning: the last run was cut off during: create .*Command::a/);
        assert.match(stateText(), /"pending": \[\]/);
    });

    it("gives a command its stored stdin, environment, directory and earlier output when it is deleted", async () => {
        const options = `environment: { GREETING: "hello" }, dir: "/", interpreter: ["/bin/bash", "-c"], stdin: "in"`;
        const remove = `read -r x; echo "$x $GREETING $PWD $BASH_VERSION $PULUMI_COMMAND_STDOUT" > ${folder}/gone`;
        program(
            `new local.Command("a", { create: "echo made", delete: ${JSON.stringify(remove)}, ${options} });`,
        );
        await runEngine(folder, up);
        const { run } = await runEngine(folder, ["destroy", "--yes", "--skip-preview"]);
        assert.equal(run.exit, 0);
        const words = readFileSync(join(folder, "gone"), "utf8").trim().split(" ");
        assert.deepEqual([...words.slice(0, 3), words[4]], ["in", "hello", "/", "made"]);
        assert.match(words[3] ?? "", /^\d+\./);
    });

    it("runs steps that do not depend on each other side by side", async () => {
        execFileSync("mkfifo", [join(folder, "there"), join(folder, "back")]);
        // Neither can end without the other; an engine that runs one at a time must fail here, not hang.
        program(`
            const within = (text: string) => \`timeout 20 sh -c '\${text}'\`;
            new local.Command("a", { create: within("echo ping > there; cat back") });
            new local.Command("b", { create: within("cat there; echo pong > back") });`);
        const { run } = await runEngine(folder, [...up, "--parallel", "2"]);
        assert.equal(run.exit, 0);
    });

    it("deletes what depends on something before that, however many steps may run", async () => {
        program(`
            const a = new local.Command("a", { create: "true", delete: "true" });
            new local.Command("b", { create: "true", delete: "true" }, { dependsOn: a });`);
        await runEngine(folder, up);
        await runEngine(folder, ["destroy", "--yes", "--skip-preview", "--parallel", "8"]);
        const lines = readFileSync(join(folder, "events.json"), "utf8").split("\n");
        const at = (event: string, name: string) =>
            lines.findIndex((line) => line.includes(event) && line.includes(`Command::${name}"`));
        assert.ok(at("resOutputsEvent", "b") !== -1);
        assert.ok(at("resOutputsEvent", "b") < at("resourcePreEvent", "a"));
    });

    it("previews Kubernetes objects while the cluster is away, and says so when it has to make them", async () => {
        const cluster = "{name: c, cluster: {server: 'https://127.0.0.1:1'}}";
        const context = "{name: a, context: {cluster: c, user: u}}";
        const config = `{current-context: a, contexts: [${context}], clusters: [${cluster}], users: [{name: u, user: {}}]}`;
        program(`
            import * as k8s from "@pulumi/kubernetes";
            const provider = new k8s.Provider("home", { kubeconfig: ${JSON.stringify(config)} });
            const space = new k8s.core.v1.Namespace("space", {}, { provider });
            new k8s.core.v1.ConfigMap("map", { metadata: { namespace: space.metadata.name } }, { provider });`);
        const preview = await runEngine(folder, ["preview"]);
        assert.equal(preview.run.exit, 0, preview.output);
        assert.deepEqual(preview.run.summary, { create: 4 });
        const { run } = await runEngine(folder, up);
        assert.equal(run.exit, 1);
        assert.match(
            run.errors[0] ?? "",
            /configured Kubernetes cluster is unreachable: .*127.0.0.1:1/,
        );
    });

    it("asks for what it needs", async () => {
        const env = { PULUMI_CONFIG_PASSPHRASE: "test" };
        await assert.rejects(
            runEngine(folder, up, { env: { ...env, PULUMI_BACKEND_URL: "https://example.org" } }),
            /PULUMI_BACKEND_URL must be file:\/\/FOLDER/,
        );
        await assert.rejects(
            runEngine(folder, [...up, "--config-file", "absent.yaml"]),
            /--config-file absent\.yaml does not exist/,
        );
    });
});
