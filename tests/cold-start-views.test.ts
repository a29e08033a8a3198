import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { coldStart } from "../cold-start";
import { asMarkdown, flowchart } from "../cold-start/mermaid";
import { asSvg } from "../cold-start/picture";
import { readHome } from "../cold-start/read-home";
import { asText } from "../cold-start/table";
import { digest, forge, homeWith, images } from "./cold-start-homes";
import { required } from "./right-config";

const proofOf = (changes: Readonly<Record<string, unknown>>) => coldStart(homeWith(changes));
const seed = { ...images({ node: `git.home.example/dns${digest}` }), services: [forge] };
/** A name that would be syntax in Markdown, Mermaid, HTML, XML and a terminal. */
const hostile = 'docker.io/a"];n0-->n1;%%{init}%%<script>&`@me`|[x](y)\u001b[31m';
const hostileHome = { services: [{ name: "odd", image: hostile, needs: [] }] };

describe("the table of the power-on order", () => {
    it("has a row for each thing with its step, its place and what it waits for", () => {
        const rows = asText(proofOf({ services: [forge] }), 1.25)
            .split("\n")
            .map((line) => line.split("│").map((cell) => cell.trim()));
        const row = rows.find(([, , what]) => what === "git.home.example");
        assert.deepEqual(row?.slice(1, 5), ["5", "git.home.example", "in k3s", "tunnel"]);
    });

    it("ends with the verdict and the time", () => {
        const text = asText(proofOf({}), 1.25);
        assert.match(
            text,
            /It comes back by itself, in 5 steps, as far as it is known \(7 unknown\)\./,
        );
        assert.match(
            text,
            /can be rebuilt is not known: state backend, git remote, secret store\. Proven in 1\.3 ms\.$/,
        );
    });

    it("shows what never starts, and the circle", () => {
        const text = asText(proofOf(seed), 1);
        assert.match(text, /│ never +│ tunnel +│/);
        assert.match(text, /tunnel → image git\.home\.example\/dns → git → tunnel/);
    });

    it("lets no name through that would move a terminal's cursor", () => {
        assert.ok(!asText(proofOf(hostileHome), 1).includes("\u001b[31m"));
    });
});

describe("Mermaid for a pull request", () => {
    it("draws a circle's arrows thick, and what fails open dotted", () => {
        const chart = flowchart(proofOf(seed));
        const ids = new Map(
            [...chart.matchAll(/(n\d+)\["([^"]+)"\]/g)].map(([, id, name]) => [name, id]),
        );
        const arrow = (from: string, line: string, to: string) =>
            `    ${ids.get(from) ?? ""} ${line} ${ids.get(to) ?? ""}`;
        const lines = chart.split("\n");
        assert.ok(lines.includes(arrow("tunnel", "==>", "image git.home.example/dns")), chart);
        assert.ok(lines.includes(arrow("git.home.example", "==>", "tunnel")));
        assert.ok(lines.includes(arrow("tunnel", "-.->", "Cloudflare#39;s API")));
        assert.ok(lines.includes(arrow("git", "-->", "k3s")));
    });

    it("takes no name for syntax", () => {
        const markdown = asMarkdown(proofOf(hostileHome), 1);
        const boxes = markdown.match(/^ {8}n\d+\["[^"\]`<>&|()]*"\]$/gm) ?? [];
        assert.equal(boxes.length, markdown.match(/^ {8}n\d+\[/gm)?.length);
        assert.ok(!/<script>|%%\{|@me/.test(markdown), markdown);
        assert.equal(markdown.match(/^```/gm)?.length, 2);
    });
});

describe("the picture", () => {
    const parts = (svg: string) =>
        [
            ...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g),
        ].map(([, ...numbers]) => numbers.map(Number));

    it("has a title and a description, and says which circle there is", () => {
        const svg = asSvg(proofOf(seed));
        assert.match(svg, /role="img" aria-labelledby="title desc"/);
        assert.match(
            svg,
            /<desc id="desc">.*tunnel → image git\.home\.example\/dns → git → tunnel/,
        );
        assert.match(svg, /prefers-color-scheme:dark/);
    });

    it("keeps every box inside the picture, and none over another", () => {
        const svg = asSvg(proofOf({ services: [forge, { name: "wiki", needs: ["git"] }] }));
        const [, width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(Number);
        const boxes = parts(svg);
        assert.ok(boxes.length > 10);
        boxes.forEach(([x = 0, y = 0, w = 0, h = 0], index) => {
            assert.ok(x >= 0 && y >= 0 && x + w <= width && y + h <= height);
            for (const [x2 = 0, y2 = 0, w2 = 0, h2 = 0] of boxes.slice(index + 1)) {
                assert.ok(x + w <= x2 || x2 + w2 <= x || y + h <= y2 || y2 + h2 <= y);
            }
        });
    });

    it("is well-formed whatever the names are, and cuts long ones", () => {
        const long = `docker.io/${"a".repeat(200)}`;
        const services = [...hostileHome.services, { name: "long", image: long }];
        const svg = asSvg(proofOf({ services }));
        assert.ok(!/<script>|&(?!#\d+;)/.test(svg));
        const shown = [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(
            ([, text = ""]) => text,
        );
        assert.ok(shown.some((text) => text.endsWith("…")));
        assert.ok(shown.every((text) => text.replace(/&#\d+;/g, "x").length <= 44));
        assert.ok(svg.includes(`<title>image ${long}`), "the whole name is in the box's title");
    });

    it("refuses to draw what nobody could see", () => {
        const services = Array.from({ length: 400 }, (_, index) => ({ name: `svc${index}` }));
        assert.throws(
            () => asSvg(proofOf({ services })),
            /A picture of \d+ things would show nothing/,
        );
    });
});

describe("npm run cold-start", () => {
    const folder = mkdtempSync(join(tmpdir(), "rekindle-cold-start-"));
    after(() => {
        rmSync(folder, { recursive: true });
    });
    const project = join(__dirname, "..");
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
