import assert from "node:assert/strict";
import { coldStart } from "../cold-start";
import { asMarkdown, flowchart } from "../cold-start/mermaid";
import { asSvg } from "../cold-start/picture";
import { asText } from "../cold-start/table";
import { digest, forge, homeWith, images } from "./cold-start-homes";

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
