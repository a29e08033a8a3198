import assert from "node:assert/strict";
import type { DrillRecord } from "../drills/record";
import { onDay, pageOf, run, seed } from "./drill-runs";
import { attribute, below, named, texts, type Element } from "./html";

describe("the report's pictures", () => {
    const titles = (...records: DrillRecord[]) =>
        named(pageOf(...records), "svg")
            .filter((svg) => attribute(svg, "role") === "img")
            .map((svg) => texts(below(svg), "title")[0]);

    it("have a row for the house and one for each Pi, as a person counts them", () => {
        const hosts = ["pi10", "pi2", undefined, "pi1"];
        const milestones = hosts.flatMap((host) => [
            { name: "late", host, at: 9, limit: 60 },
            { name: "early", host, at: 3, limit: 60 },
        ]);
        assert.deepEqual(
            titles(run({ milestones })),
            ["the house", "pi1", "pi2", "pi10"].map((host) => `${host}: early 3.0 s, late 9.0 s`),
        );
    });

    const dots = (page: readonly Element[]) =>
        named(page, "circle").map((dot) => attribute(dot, "cx"));
    const timed = (...times: [number | null, number][]) =>
        run({ milestones: times.map(([at, limit], index) => ({ name: `m${index}`, at, limit })) });

    it("put a label where a phone has room for it: to the right of the moment, to both sides, to its left", () => {
        const labels = named(pageOf(timed([30, 600], [36, 600], [66, 600], [100, 600])), "text");
        assert.deepEqual(
            labels.slice(0, 4).map((label) => attribute(label, "text-anchor")),
            ["start", "middle", "middle", "end"],
        );
    });

    it("place each moment on one axis, which distant limits do not squeeze", () => {
        assert.deepEqual(dots(pageOf(timed([25, 6000], [50, 60], [100, 9000]))), [
            ...["24.04%", "48.08%", "96.15%"],
        ]);
        const waited = timed([25, 60], [null, 100]);
        assert.deepEqual(dots(pageOf(waited)), ["24.04%"]);
        // It was ended before: nobody waited so long.
        assert.deepEqual(dots(pageOf({ ...waited, verdict: "interrupted" })), ["96.15%"]);
    });

    it("mark a limit and the median of earlier runs where they lie", () => {
        const late = pageOf(timed([40, 50]), { ...timed([80, 50]), begun: onDay(1) });
        const lines = named(late, "line").map(
            (line) => `${attribute(line, "class") ?? ""} ${attribute(line, "x1") ?? ""}`,
        );
        assert.ok(lines.includes("median 48.08%"), lines.join());
        assert.ok(lines.includes("limit 60.10%"), lines.join());
        const beyond = named(pageOf(timed([40, 50])), "line");
        assert.ok(!beyond.some((line) => attribute(line, "class") === "limit"));
    });

    it("say in words what waited in vain, what came late, and what must not come", () => {
        const words = (record: DrillRecord) => texts(pageOf(record), "text");
        assert.ok(words(timed([null, 60])).includes("✗ m0 not within 60.0 s"));
        assert.ok(words(timed([61, 60])).includes("✗ m0 61.0 s"));
        const never = seed().milestones.map((one) =>
            one.expected === undefined ? one : { ...one, at: 5 },
        );
        assert.ok(words(seed()).includes("∞ first public 200 never came"));
        assert.ok(words(seed({ milestones: never })).includes("✗ first public 200 5.0 s"));
    });

    it("set the seed's design beside the cold start, on the same axis", () => {
        const page = pageOf(run(), seed());
        const captions = texts(page, "figcaption");
        assert.match(captions[1] ?? "", /^The seed’s design, 2026-11-25/);
        assert.match(captions[2] ?? "", /^Rekindle’s cold start, 2026-11-24/);
        assert.ok(
            texts(page, "p").includes(
                "The seed’s design at the same point waits for ever: first public 200 had not come after 3 min. " +
                    "Rekindle’s first public 200 came 48.0 s after power on.",
            ),
        );
        // The cold start by itself first, then the seed's milestones and the cold start's on an axis for 180 s.
        assert.deepEqual(dots(page), [
            ...["60.10%", "96.15%", "19.03%", "22.04%"],
            ...["16.03%", "5.07%", "5.88%"],
            ...["16.03%", "25.64%", "5.07%", "5.88%"],
        ]);
    });

    it("have an axis that is long enough for both", () => {
        const slow = { ...timed([360, 600]), floor: undefined };
        assert.deepEqual(dots(pageOf(slow, seed())).slice(1), [
            ...["8.01%", "2.54%", "2.94%"],
            ...["96.15%"],
        ]);
    });

    it("tell apart what the seed's design waits for and what this house did at the same power cut", () => {
        const own = { name: "first public 200", at: 34, limit: 300 };
        const theirs = {
            ...{ name: "first public 200 of the seed's design", at: null, limit: 120 },
            expected: "never" as const,
        };
        const late = { name: "canary delivered", at: null, limit: 300 };
        const record = seed({ milestones: [own, theirs, late], verdict: "failed" });
        assert.deepEqual(titles(record).slice(0, 2), [
            "the house: first public 200 34.0 s, canary delivered not reached within 5 min",
            "the seed’s design: first public 200 of the seed's design never came in 2 min, as expected",
        ]);
        const [told] = texts(pageOf(record), "p").filter((one) => one.includes("waits for ever"));
        assert.match(
            told ?? "",
            /waits for ever: first public 200 of the seed's design had not come after 2 min\./,
        );
        assert.ok(texts(pageOf(record), "text").includes("∞ first public 200… never came"));
        // Its own answer is no answer of that design's.
        const [row] = named(pageOf(record), "tr").slice(1);
        assert.match(texts(below(row as Element), "td").join(), /never came in 2 min/);
    });

    it("say of a seed's run that was cut that nothing is known", () => {
        const milestones = [{ name: "first public 200", at: 34, limit: 300 }];
        const cut = seed({ deadlocked: undefined, verdict: "interrupted", milestones });
        const page = texts(pageOf(cut), "p").join(" ");
        assert.match(page, /was interrupted before it was known/);
        assert.doesNotMatch(page, /did not wait for ever/);
        const [row] = named(pageOf(cut), "tr").slice(1);
        assert.equal(texts(below(row as Element), "td")[1], "not timed");
    });

    it("claim no deadlock that was not seen, and none beside another house", () => {
        const page = texts(pageOf(run({ stack: "other" }), seed({ deadlocked: false })), "p").join(
            " ",
        );
        assert.match(page, /did not wait for ever this time/);
        assert.match(page, /There is no cold start to set beside it/);
        assert.doesNotMatch(page, /waits for ever/);
    });
});
