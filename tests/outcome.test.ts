import assert from "node:assert/strict";
import { failureReport, timeReport, type Took } from "./outcome";

const took = (file: string, title: string, seconds: number, isTest = true): Took => ({
    ...{ file, title, seconds, isTest },
});

describe("the time of a test run", () => {
    const report = timeReport(
        [
            {
                ...{ group: "volume", passed: 3, failed: 0, seconds: 95, failures: [] },
                took: [
                    took("volume/copy.test.ts", "copies", 20),
                    took("volume/copy.test.ts", '"before all" hook', 40, false),
                    took("volume/grow.test.ts", "grows", 30),
                    took("volume/small.test.ts", "is quick", 0.5),
                ],
            },
            {
                ...{ group: "unit", passed: 1, failed: 0, seconds: 2, failures: [] },
                took: [took("a.test.ts", "a", 1)],
            },
        ],
        3,
    );

    it("is told by group and by file, hooks included, the slowest file first", () => {
        const [times = ""] = report.split("slowest tests");
        const order = [
            ...[
                "volume +1 min 35 s",
                "volume/copy.test.ts +1 min 0 s",
                "volume/grow.test.ts +30 s",
            ],
            ...["1 files below a second", "unit +2.0 s", "a.test.ts +1.0 s"],
        ];
        assert.match(times, new RegExp(order.join("[^]*")));
        assert.doesNotMatch(times, /small/);
    });

    it("ends with the slowest tests of all groups, without hooks", () => {
        const [, slowest = ""] = report.split("slowest tests");
        assert.match(slowest, /30 s[^]*grows[^]*20 s[^]*copies[^]*1\.0 s/);
        assert.doesNotMatch(slowest, /before all|is quick/);
    });
});

describe("what failed in a test run", () => {
    const outcome = (group: string, ...reasons: readonly string[]) => ({
        ...{ group, passed: 1, failed: reasons.length, seconds: 1, took: [] },
        failures: reasons.map((reason) => ({ file: `${group}/a.test.ts`, title: "works", reason })),
    });

    it("is shown again with its file, its title and the first lines of its reason", () => {
        const long = Array.from({ length: 30 }, (_, line) => `line ${line}`).join("\n");
        const report = failureReport([outcome("unit"), outcome("lab", "1 !== 2", long)]);
        assert.match(report, /^FAILED lab\/a\.test\.ts: works\n {4}1 !== 2\n\nFAILED lab/);
        assert.match(report, /line 11\n {4}\(18 more lines\)$/);
    });

    it("is nothing when all passed", () => {
        assert.equal(failureReport([outcome("unit")]), "");
    });
});
