import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { project } from "../../lab/paths";

const { prepare } = (
    JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as {
        scripts: { prepare: string };
    }
).scripts;

/** A clone as small as can be: the real run.sh and `prepare`, and a `node` of its own that says what it was asked to run. */
function makeClone(): string {
    const clone = mkdtempSync(join(tmpdir(), "rekindle-install-"));
    const write = (file: string, content: object | string) => {
        mkdirSync(join(clone, file, ".."), { recursive: true });
        const text = typeof content === "string" ? content : JSON.stringify(content);
        writeFileSync(join(clone, file), text, { mode: 0o755 });
    };
    const dependency = { devDependencies: { node: "file:node" } };
    cpSync(join(project, "lab", "run.sh"), join(clone, "lab", "run.sh"));
    // npm puts it first on the PATH of `prepare`.
    const real = `[ "$1" != -e ] || exec ${process.execPath} "$@"`;
    write("node/node.sh", `#!/bin/sh\n${real}\necho "runs $*"\n`);
    write("node/package.json", { name: "node", version: "1.0.0", bin: { node: "node.sh" } });
    // With HANG set, an install stays where only its last steps are left.
    const install = 'test -z "$HANG" || { echo hanging; exec sleep 60; }';
    write("package.json", { name: "clone", scripts: { install, prepare }, ...dependency });
    write("package-lock.json", {
        ...{ name: "clone", lockfileVersion: 3, requires: true },
        packages: {
            "": { name: "clone", hasInstallScript: true, ...dependency },
            node: { version: "1.0.0", dev: true, bin: { node: "node.sh" } },
            "node_modules/node": { resolved: "node", link: true },
        },
    });
    return clone;
}

describe("a command in a clone", function () {
    this.timeout(60_000);
    let clone: string;
    const begin = (command: string, env = {}) =>
        spawn("sh", ["-c", command], {
            cwd: clone,
            // A process group of its own, to be killed as a whole; nothing of the npm that runs this test.
            detached: true,
            env: { PATH: process.env["PATH"], HOME: clone, ...env },
        });
    const run = async (command: string) => {
        const child = begin(command);
        let output = "";
        child.stdout.on("data", (text: Buffer) => (output += text.toString()));
        child.stderr.on("data", (text: Buffer) => (output += text.toString()));
        const [exit] = (await once(child, "close")) as [number];
        assert.equal(exit, 0, output);
        return output;
    };
    const command = "sh lab/run.sh test";
    const installs = /Installing npm packages[^]*runs --import tsx lab\/cli\.ts test\n$/;
    const runsAtOnce = "runs --import tsx lab/cli.ts test\n";

    beforeEach(() => {
        clone = makeClone();
    });
    afterEach(() => {
        rmSync(clone, { recursive: true });
    });

    it("installs the packages once", async () => {
        assert.match(await run(command), installs);
        assert.equal(await run(command), runsAtOnce);
    });

    it("takes what `npm ci` by hand installed, and installs again when the lock file has changed", async () => {
        await run("npm ci");
        assert.equal(await run(command), runsAtOnce);
        writeFileSync(
            join(clone, "package-lock.json"),
            `${readFileSync(join(clone, "package-lock.json"), "utf8")}\n`,
        );
        assert.match(await run(command), installs);
        assert.equal(await run(command), runsAtOnce);
    });

    it("installs again after `npm ci` was killed half-way, or left out the development packages", async () => {
        await run("npm ci");
        const child = begin("npm ci --foreground-scripts", { HANG: "1" });
        for await (const text of child.stdout) {
            if (/^hanging$/m.test(String(text))) {
                break;
            }
        }
        process.kill(-(child.pid ?? 0), "SIGKILL");
        assert.match(await run(command), installs);
        await run("npm ci --omit=dev");
        assert.match(await run(command), installs);
    });
});
