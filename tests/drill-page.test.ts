import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { saveRecord } from "../drills/history";
import { reportPage } from "../drills/page";
import { style } from "../drills/page/look";
import type { DrillRecord } from "../drills/record";
import { writeReport } from "../drills/report";
import { missing, onDay, pageOf, run, seed } from "./drill-runs";
import { attribute, below, named, parsed, text, texts, type Element } from "./html";

/** A table's body, found by how its caption begins. */
const cells = (elements: readonly Element[], caption: string) =>
    named(elements, "table")
        .filter((table) => text(below(table)[0] ?? table).startsWith(caption))
        .flatMap((table) => named(below(table), "tr").slice(1))
        .map((row) => row.childNodes.map((cell) => ("childNodes" in cell ? text(cell) : "")));

/** One of everything. */
const varied = [
    ...[run(), run({ begun: onDay(1), verdict: "failed", problems: ["API is away: start k3s."] })],
    ...[seed(), missing(run({ drill: "wan", verdict: "interrupted", checks: [] }), "API")],
    run({ drill: "card", verdict: "refused", milestones: [], checks: [], rested: [] }),
    run({ drill: "recreate", where: "home", stack: "home" }),
    run({ drill: "drive", checks: [{ name: "data intact", ok: false, detail: "31 writes gone" }] }),
];

describe("the report's heading", () => {
    const heading = (...records: DrillRecord[]) => texts(pageOf(...records), "h1")[0];
    const late = run({ begun: onDay(1), verdict: "interrupted" });

    it("says that the house comes back, how fast, and whose house", () => {
        const fast = "first public 200 48.0 s after power on, 1.20 times the floor.";
        assert.equal(heading(run()), `The lab’s house comes back: ${fast}`);
        assert.equal(heading(run({ where: "home" })), `The house comes back: ${fast}`);
    });

    it("takes the latest cold start that came to a verdict", () => {
        const later = run({ begun: onDay(1), floor: undefined, milestones: [] });
        assert.equal(
            heading(run(), later),
            "The lab’s house comes back: first public 200 was not timed.",
        );
        assert.match(heading(run(), late, seed()) ?? "", /comes back: first public 200 48\.0 s/);
    });

    it("does not say so of a failed one", () => {
        const failed = run({ verdict: "failed" });
        assert.equal(
            heading(run(), failed),
            "The lab’s house came back, but the drill failed: first public 200 48.0 s after power on, 1.20 times the " +
                "floor.",
        );
        assert.equal(
            heading(run(), missing(failed, "first public 200")),
            "The lab’s house did not come back: no first public 200 within 10 min of power on.",
        );
    });

    it("does not say that a house stayed away which was never timed", () => {
        const early = run({ begun: onDay(1), verdict: "failed", milestones: [], floor: undefined });
        assert.equal(
            heading(run(), early),
            "Not known yet whether the house comes back: the cold start failed before anything was timed.",
        );
    });

    it("says when it is not known", () => {
        const unknown = "Not known yet whether the house comes back: ";
        assert.equal(heading(), `${unknown}no cold start was drilled.`);
        assert.equal(heading(run({ drill: "wan" })), `${unknown}no cold start was drilled.`);
        assert.equal(heading(late), `${unknown}the cold start was interrupted.`);
    });
});

describe("the report's tables", () => {
    it("sum up the latest run of each drill, each house apart", () => {
        const before = [30, 50, 40].map((at, day) =>
            run({
                begun: onDay(day),
                milestones: [{ name: "first public 200", at, limit: 600 }],
            }),
        );
        const now = run({ begun: onDay(9) });
        const rows = cells(pageOf(...before, now, ...varied.slice(2)), "The latest run");
        assert.deepEqual(
            rows.map((row) => row.slice(0, 4)),
            [
                ["cold, in the lab (dev)", "✓ passed", "48.0 s", "+8.0 s (+20 %), 3 runs"],
                [
                    ...["seed, in the lab (dev)", "✓ passed: it deadlocked"],
                    ...["never came in 3 min, as expected", "–"],
                ],
                ["recreate, at home (home)", "✓ passed", "48.0 s", "none to compare with"],
                ["drive, in the lab (dev)", "✓ passed", "48.0 s", "none to compare with"],
                ["wan, in the lab (dev)", "‖ interrupted", "48.0 s", "none to compare with"],
                ["card, in the lab (dev)", "– refused, nothing was broken", "not timed", "–"],
            ],
        );
        assert.equal(rows[0]?.[4], "2026-12-03 00:00 UTC");
    });

    it("keep the runs of two stacks apart", () => {
        const rows = cells(pageOf(run({ stack: "other" }), run()), "The latest run");
        assert.deepEqual(
            rows.map(([name]) => name),
            ["cold, in the lab (other)", "cold, in the lab (dev)"],
        );
    });

    it("hold what the pictures show", () => {
        const slow = run({
            milestones: [{ name: "SSH", host: "pi1", at: 12, limit: 10 }],
            begun: onDay(1),
        });
        assert.deepEqual(cells(pageOf(run(), slow), "Milestones of cold"), [
            ["SSH", "pi1", "12.0 s", "10.0 s", "9.5 s", "+2.5 s (+26 %)"],
        ]);
        const cut = missing(run({ verdict: "interrupted" }), "API");
        assert.equal(
            cells(pageOf(cut), "Milestones of cold")[2]?.[2],
            "not before the drill was ended",
        );
        assert.equal(
            cells(pageOf(missing(run({ verdict: "failed" }), "API")), "Milestones")[2]?.[2],
            "not reached within 5 min",
        );
    });

    it("show earlier runs, newest first, and count those beyond ten", () => {
        const all = Array.from({ length: 14 }, (_, day) => run({ begun: onDay(day) }));
        const page = pageOf(...all);
        const days = cells(page, "Earlier runs").map(([when]) => when?.slice(0, 10));
        assert.equal(days.length, 10);
        assert.equal(days[0], "2026-12-06");
        assert.equal(days[9], "2026-11-27");
        assert.ok(texts(page, "p").includes("3 older ones are in the folder."));
        assert.equal(named(page, "rect").length, 14);
    });

    it("mark a bar with its own verdict's sign", () => {
        const all = (["failed", "interrupted", "refused", "passed"] as const).map((verdict, day) =>
            run({ verdict, begun: onDay(day) }),
        );
        const bars = named(pageOf(...all), "figure").filter(
            (one) => attribute(one, "class") === "bars",
        );
        assert.deepEqual(texts(bars.flatMap(below), "text"), ["✗", "‖", "–"]);
    });

    it("open by themselves where a check failed, what failed first", () => {
        const bad = { name: "data intact", ok: false, detail: "31 writes gone" };
        const page = pageOf(run({ checks: [...run().checks, bad] }));
        assert.deepEqual(cells(page, "Checks of")[0], ["data intact", "FAILED", "31 writes gone"]);
        const open = (elements: readonly Element[]) =>
            named(elements, "details").map((one) => attribute(one, "open") !== undefined);
        assert.deepEqual(open(page), [false, true]);
        assert.deepEqual(open(pageOf(run())), [false, false]);
    });

    it("tell problems, the floor's parts and what the result rested on", () => {
        const page = pageOf(run({ verdict: "failed", problems: ["API is away: start k3s."] }));
        assert.deepEqual(texts(page, "li"), ["API is away: start k3s.", "preloaded images"]);
        assert.deepEqual(cells(page, "Parts of the floor"), [
            ["bare pod Ready", "36.0 s"],
            ["connector's own start", "4.0 s"],
        ]);
    });
});

describe("the report as a page", () => {
    const html = reportPage({ records: varied, damaged: ["cold-x.json is not JSON."] });
    const { elements, errors } = parsed(html);

    it("is right HTML, has one heading of each level it needs, and links that lead somewhere", () => {
        assert.deepEqual(errors, []);
        const levels = elements
            .filter(({ tagName }) => /^h\d$/.test(tagName))
            .map(({ tagName }) => Number(tagName[1]));
        assert.equal(levels.filter((level) => level === 1).length, 1);
        for (const [index, level] of levels.entries()) {
            assert.ok(level <= (levels[index - 1] ?? 0) + 1, `h${level} as heading ${index}`);
        }
        const ids = elements.flatMap((one) => attribute(one, "id") ?? []);
        assert.equal(new Set(ids).size, ids.length);
        for (const link of named(elements, "a")) {
            assert.ok(ids.includes(attribute(link, "href")?.slice(1) ?? ""));
        }
        assert.equal(attribute(named(elements, "html")[0] as Element, "lang"), "en");
    });

    it("says of each table what it holds, of each cell what it belongs to, of each picture what it shows", () => {
        const captions = texts(elements, "caption");
        assert.equal(captions.length, named(elements, "table").length);
        assert.equal(new Set(captions).size, captions.length);
        assert.ok(named(elements, "th").every((cell) => attribute(cell, "scope") !== undefined));
        assert.ok(
            named(elements, "td").every((cell) => attribute(cell, "data-head") !== undefined),
        );
        for (const svg of named(elements, "svg")) {
            const hidden = attribute(svg, "aria-hidden") === "true";
            assert.ok(hidden || named(below(svg), "title").length > 0);
        }
    });

    it("needs no script and nothing from elsewhere", () => {
        for (const tag of ["script", "img", "iframe", "object"]) {
            assert.equal(named(elements, tag).length, 0);
        }
        const addresses = elements.flatMap(({ attrs }) =>
            attrs.filter(({ name }) => name === "href" || name === "src"),
        );
        assert.ok(addresses.every(({ value }) => value.startsWith("#") || value === "data:,"));
        assert.doesNotMatch(style, /url\(|@import/);
        assert.match(html, /default-src 'none'/);
    });

    it("shows every text of a record as text", () => {
        const bad = `</title></style><script>alert(1)</script><img src=x onerror="x">&lt;'`;
        const record = seed({
            ...{ drill: bad, stack: bad, zero: bad, verdict: "failed", deadlocked: undefined },
            ...{ problems: [bad], rested: [bad], checks: [{ name: bad, ok: false, detail: bad }] },
            milestones: [{ name: bad, host: bad, at: 1, limit: 2 }],
            floor: { parts: [{ name: bad, seconds: 1 }] },
        });
        const page = parsed(
            reportPage({ records: [record, { ...record, drill: "seed" }], damaged: [bad] }),
        );
        assert.deepEqual(page.errors, []);
        assert.equal(named(page.elements, "script").length, 0);
        assert.equal(named(page.elements, "img").length, 0);
        assert.ok(texts(page.elements, "li").every((item) => item === bad));
        assert.ok(texts(page.elements, "td").includes(bad));
    });
});

describe("writeReport", () => {
    it("makes the page from what is in the folder, in place of the earlier one", () => {
        const folder = mkdtempSync(join(tmpdir(), "drills-"));
        try {
            const page = writeReport(join(folder, "drills"));
            assert.equal(page, join(folder, "drills", "report.html"));
            assert.match(readFileSync(page, "utf8"), /no cold start was drilled/);
            saveRecord(join(folder, "drills"), run());
            const cut = join(folder, "drills", "cold-2026-11-25T01-02-03.004Z.json");
            writeFileSync(cut, "{");
            writeReport(join(folder, "drills"));
            const html = readFileSync(page, "utf8");
            assert.match(html, /house comes back/);
            assert.ok(html.includes(`${cut} is not JSON`));
            assert.equal(readdirSync(join(folder, "drills")).length, 3);
        } finally {
            rmSync(folder, { recursive: true });
        }
    });
});
