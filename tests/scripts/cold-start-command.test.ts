import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { coldStart } from "../../cold-start";
import { readHome } from "../../cold-start/read-home";
import { asText } from "../../cold-start/table";
import { digest, forge, images } from "../cold-start-homes";
import { required } from "../right-config";

const seed = { ...images({ node: `git.home.example/dns${digest}` }), services: [forge] };

describe("npm run cold-start", () => {
    const folder = mkdtempSync(join(tmpdir(), "rekindle-cold-start-"));
    after(() => {
        rmSync(folder, { recursive: true });
    });
    const project = join(__dirname, "..", "..");
    function stackFile(name: string, changes: Readonly<Record<string, unknown>>): string {
        const file = join(folder, name);
        const values = { ...required, cloudflareToken: { secure: "v1:…" }, ...changes };
        const entries = Object.entries(values).map(([key, value]) => [`rekindle:${key}`, value]);
        writeFileSync(file, stringify({ config: Object.fromEntries(entries) as unknown }));
        return file;
    }

    it("reads the committed example, without host keys and secrets", () => {
        assert.deepEqual(
            readHome(join(project, "Pulumi.dev.yaml")).pis.map(({ name }) => name),
            ["pi1", "pi2", "pi3"],
        );
    });

    it("tells every mistake of a file, and a file that is none", () => {
        const wrong = stackFile("wrong.yaml", {
            services: [{ name: "a", needs: ["b-c"] }],
            gitUrl: 1,
        });
        assert.throws(
            () => readHome(wrong),
            /1 mistake in the configuration of .*wrong\.yaml.*rekindle:gitUrl/s,
        );
        const unknown = stackFile("unknown.yaml", { services: [{ name: "a", needs: ["b-c"] }] });
        assert.throws(() => readHome(unknown), /nothing is named "b-c"/);
        assert.throws(
            () => readHome(join(folder, "none.yaml")),
            /is not a stack's configuration.*--stack/s,
        );
    });

    it("reads a file as preview does: structures as JSON text, a kubeconfig that is no secret, a secret chat", () => {
        const { zones, routes } = required;
        const packed = { zones: JSON.stringify(zones), routes: JSON.stringify(routes) };
        const open = { kubeconfig: required.kubeconfig };
        assert.equal(
            readHome(stackFile("packed.yaml", { ...packed, ...open })).apiHost,
            "10.0.0.1",
        );
        const home = readHome(
            stackFile("secret.yaml", {
                ...{ kubeconfig: { secure: "v1:…" }, telegram: { chatId: { secure: "v1:…" } } },
                ...{
                    alerts: { runbooks: "https://a.example" },
                    heartbeat: { workersSubdomain: "a" },
                },
            }),
        );
        assert.deepEqual([home.apiHost, home.hasWatchdog], [undefined, true]);
        const { world } = coldStart(home);
        assert.match(world.things.get("cluster-api")?.unknown ?? "", /the kubeconfig is a secret/);
        assert.match(asText(coldStart(home), 1), /rebuilt is not known: .*cluster's API\./);
    });

    it("tells a key that is none, and an empty file's missing keys", () => {
        const typo = stackFile("typo.yaml", { stateURL: "s3://state" });
        assert.throws(
            () => readHome(typo),
            /rekindle:stateURL: is not a key of this program \(did you mean "stateUrl"\?\)/,
        );
        const empty = join(folder, "empty.yaml");
        writeFileSync(empty, "");
        assert.throws(() => readHome(empty), /rekindle:zones: is missing/);
    });

    it("exits 1 with the circle, and writes the picture", () => {
        const svg = join(folder, "picture.svg");
        const args = ["--config-file", stackFile("seed.yaml", seed), "--svg", svg];
        const command = ["--import", "tsx", "cold-start/command.ts", ...args];
        assert.throws(
            () => execFileSync(process.execPath, command, { cwd: project, encoding: "utf8" }),
            (error: { status?: number; stdout?: string }) =>
                error.status === 1 && /tunnel → image .* → git → tunnel/.test(error.stdout ?? ""),
        );
        assert.match(readFileSync(svg, "utf8"), /^<svg /);
    });
});
