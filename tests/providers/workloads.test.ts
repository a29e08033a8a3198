import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { ensureEngine, type Engine } from "../../lab/pulumi/engine";
import { required } from "../right-config";

const behind = "git.home.example/me/blog:1";
const elsewhere = "docker.io/library/node:24";

/** What Pulumi calls the workload, by the way in which the program registers it. */
const names: Readonly<Record<string, string>> = {
    resource: "way",
    text: "way:default/blog",
    file: "way:default/blog",
    chart: "way:default/blog",
};

describe("watchWorkloads on Pulumi's engine", () => {
    let engine: Engine;
    let work: string;
    let made: string;
    before(async () => {
        engine = await ensureEngine(() => undefined);
        work = fs.mkdtempSync(join(tmpdir(), "workloads-"));
        made = join(work, "made", "1-manifest");
        fs.mkdirSync(join(work, "state"));
        fs.symlinkSync(join(__dirname, "../../node_modules"), join(work, "node_modules"));
        // `main` of the nearest package.json is the program.
        fs.writeFileSync(join(work, "package.json"), "{}");
        const runtime = { name: "nodejs", options: { typescript: false } };
        fs.writeFileSync(join(work, "Pulumi.yaml"), JSON.stringify({ name: "rekindle", runtime }));
        const config = Object.entries(required).map(([key, value]) => [`rekindle:${key}`, value]);
        const stack = { config: Object.fromEntries(config) as unknown };
        fs.writeFileSync(join(work, "Pulumi.test.yaml"), JSON.stringify(stack));
        await build({
            entryPoints: [join(__dirname, "workloads-program.ts")],
            outfile: join(work, "index.js"),
            bundle: true,
            platform: "node",
            packages: "external",
        });
        const { code, output } = await pulumi(["stack", "init", "test"], "", "");
        assert.equal(code, 0, output);
    });
    after(() => {
        fs.rmSync(work, { recursive: true, force: true });
    });

    /** Runs a command on a stack without a cluster. */
    function pulumi(args: readonly string[], way: string, image: string) {
        const file = join(work, "blog.yaml");
        const containers = [{ name: "web", image }];
        const object = { apiVersion: "v1", kind: "Pod", metadata: { name: "blog" } };
        fs.writeFileSync(file, JSON.stringify({ ...object, spec: { containers } }));
        const env = {
            ...process.env,
            ...{ way, image, file, folder: join(work, "made") },
            chart: join(__dirname, "workloads-chart"),
            PULUMI_HOME: engine.home,
            PULUMI_BACKEND_URL: `file://${join(work, "state")}`,
            PULUMI_CONFIG_PASSPHRASE: "test",
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        };
        const all = [...args, "--non-interactive", "--color=never"];
        return new Promise<{ readonly code: number; readonly output: string }>((resolve) => {
            execFile(engine.cli, all, { cwd: work, env }, (error, stdout, stderr) => {
                resolve({ code: error === null ? 0 : 1, output: stdout + stderr });
            });
        });
    }

    const workloadsMade = () =>
        fs.existsSync(made) ? fs.readdirSync(made).filter((each) => each.includes("blog")) : [];

    function assertRefused({ code, output }: { code: number; output: string }, name: string) {
        assert.equal(code, 1, output);
        const [, shown = ""] = output.split("Diagnostics:");
        const first =
            /error: kubernetes:(\S+) "(\S+)" runs (\S+), which is pulled through the tunnel\./;
        const [, kind = "", refused, image] = first.exec(shown) ?? [];
        assert.match(kind, /^(apps\/v1:Deployment|core\/v1:Pod)$/, output);
        assert.deepEqual([refused, image], [name, "git.home.example/me/blog"]);
        // In words of Rekindle's before those of Pulumi's.
        assert.ok(shown.indexOf("Ways out, any one of them:") < shown.indexOf("transform failed"));
        assert.deepEqual(workloadsMade(), []);
    }

    for (const [way, name] of Object.entries(names)) {
        it(`refuses a workload in a preview: ${way}`, async () => {
            assertRefused(await pulumi(["preview"], way, behind), name);
        });
    }

    it("makes nothing of a workload that it refuses", async () => {
        assertRefused(await pulumi(["up", "--skip-preview"], "chart", behind), "way:default/blog");
    });

    it("refuses an image that the preview did not know as soon as it is known", async () => {
        const preview = await pulumi(["preview"], "later", behind);
        assert.equal(preview.code, 0, preview.output);
        assertRefused(await pulumi(["up", "--skip-preview"], "later", behind), "way");
    });

    it("makes a workload whose image comes from elsewhere", async () => {
        const { code, output } = await pulumi(["up", "--skip-preview"], "chart", elsewhere);
        assert.equal(code, 0, output);
        assert.equal(workloadsMade().length, 1);
    });
});
