import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { earlier, readHistory, regressions, saveRecord } from "../drills/history";
import { parseRecord, type DrillRecord, type Milestone } from "../drills/record";
import { onDay, run } from "./drill-runs";

describe("a drill's record", () => {
    const read = (changes: object) => () =>
        parseRecord(JSON.stringify({ ...run(), ...changes }), "cold.json");

    it("is read as it was written", () => {
        const seed = run({ drill: "seed", deadlocked: true, floor: undefined });
        assert.deepEqual(parseRecord(JSON.stringify(run()), "x"), run());
        assert.deepEqual(parseRecord(JSON.stringify(seed), "x"), JSON.parse(JSON.stringify(seed)));
    });

    it("of another version is refused, naming file and version", () => {
        assert.throws(read({ version: 2, drill: undefined }), {
            message:
                "cold.json is a drill record of version 2, and this Rekindle reads version 1: read it with the " +
                "Rekindle that wrote it, or move it away.",
        });
        assert.throws(read({ version: "1" }), /of version "1"/);
    });

    it("with a wrong field is refused, naming it", () => {
        assert.throws(read({ begun: "yesterday" }), /^Error: cold\.json is not.*: begun: /);
        assert.throws(read({ begun: "2026-11-24T01:02:03+01:00" }), /: begun: /);
        assert.throws(read({ where: "moon" }), /: where: /);
        assert.throws(
            read({ milestones: [{ name: "SSH", at: -1, limit: 5 }] }),
            /: milestones\.0\.at: /,
        );
        assert.throws(read({ version: undefined }), /: version: /);
    });

    it("that is no JSON, or no object, is refused", () => {
        assert.throws(
            () => parseRecord('{"version": 1,', "cut.json"),
            /^Error: cut\.json is not JSON/,
        );
        assert.throws(() => parseRecord("null", "n.json"), /^Error: n\.json is not a drill record/);
    });
});

describe("the history of drills", () => {
    let folder = "";
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "drills-"));
    });
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });

    it("keeps each run under its drill and time, and nothing else", () => {
        const file = saveRecord(join(folder, "new", "drills"), run());
        assert.equal(basename(file), "cold-2026-11-24T01-02-03.004Z.json");
        assert.deepEqual(readdirSync(join(folder, "new", "drills")), [basename(file)]);
        assert.deepEqual(readHistory(join(folder, "new", "drills")), {
            records: [run()],
            damaged: [],
        });
    });

    it("never replaces an earlier run, also of the same moment", () => {
        const first = saveRecord(folder, run());
        const before = readFileSync(first, "utf8");
        const second = saveRecord(folder, run({ verdict: "failed" }));
        assert.equal(basename(second), "cold-2026-11-24T01-02-03.004Z-2.json");
        assert.equal(readFileSync(first, "utf8"), before);
        assert.equal(readHistory(folder).records.length, 2);
    });

    it("writes nowhere else, whatever a drill is called", () => {
        saveRecord(folder, run({ drill: "../../a b" }));
        assert.deepEqual(readdirSync(folder), ["_a_b-2026-11-24T01-02-03.004Z.json"]);
        assert.equal(readHistory(folder).records[0]?.drill, "../../a b");
    });

    it("does not write what it could not read again", () => {
        assert.throws(() => saveRecord(folder, run({ seconds: NaN })), /drill cold.*: seconds: /);
        assert.deepEqual(readdirSync(folder), []);
    });

    it("names also what is no file at all", () => {
        const inside = join(folder, "cold-2026-11-25T01-02-03.004Z.json");
        mkdirSync(inside);
        assert.match(
            readHistory(folder).damaged.join(),
            /cold-2026-11-25T01-02-03\.004Z\.json cannot be read: .*EISDIR/,
        );
    });

    it("names a damaged file, leaves it as it is, and reads the others", () => {
        saveRecord(folder, run());
        const cut = join(folder, "cold-2026-11-25T01-02-03.004Z.json");
        const huge = join(folder, "wan-2026-11-25T01-02-03.004Z.json");
        writeFileSync(cut, '{"version": 1');
        writeFileSync(huge, " ".repeat(1024 * 1024 + 1));
        writeFileSync(join(folder, "notes.json"), "{}");
        writeFileSync(join(folder, "report.html"), "");
        const { records, damaged } = readHistory(folder);
        assert.deepEqual(records, [run()]);
        assert.equal(damaged.length, 3);
        for (const [index, name] of ["notes.json", basename(cut), basename(huge)].entries()) {
            assert.equal(damaged[index]?.startsWith(join(folder, name)), true, damaged[index]);
        }
        assert.match(damaged[2] ?? "", /has 1048577 bytes, more than any drill record/);
        assert.equal(readFileSync(cut, "utf8"), '{"version": 1');
    });

    it("opens only the newest of each drill, and gives them oldest first", () => {
        for (const day of [3, 1, 2, 0]) {
            saveRecord(folder, run({ begun: onDay(day) }));
            saveRecord(folder, run({ drill: "wan", begun: onDay(day) }));
        }
        const seen = readHistory(folder, 2).records.map(({ drill, begun }) => `${drill} ${begun}`);
        const days = [onDay(2), onDay(3)];
        assert.deepEqual(seen.sort(), [
            ...days.map((d) => `cold ${d}`),
            ...days.map((d) => `wan ${d}`),
        ]);
        assert.deepEqual(
            readHistory(folder).records.map(({ begun }) => begun.slice(0, 10)),
            [0, 0, 1, 1, 2, 2, 3, 3].map((day) => onDay(day).slice(0, 10)),
        );
    });

    it("of a folder that is not there is empty", () => {
        assert.deepEqual(readHistory(join(folder, "none")), { records: [], damaged: [] });
    });
});

describe("a run beside earlier ones", () => {
    const one = (
        at: number | null,
        changes: Partial<DrillRecord> = {},
        more?: Partial<Milestone>,
    ) => run({ milestones: [{ name: "API", at, limit: 600, ...more }], ...changes });
    const past = (...times: (number | null)[]) =>
        times.map((at, day) => one(at, { begun: onDay(day) }));
    const now = onDay(20);

    it("is measured against the median of each milestone", () => {
        const all = past(20, 40, 30, 100, null);
        const [api, ...others] = earlier(one(33, { begun: now }), all);
        assert.deepEqual(api, {
            name: "API",
            host: undefined,
            times: [20, 40, 30, 100],
            median: 35,
        });
        assert.deepEqual(others, []);
        assert.equal(earlier(one(1, { begun: now }), past(20, 40, 30))[0]?.median, 30);
    });

    it("is measured against its own kind only", () => {
        const others: Partial<DrillRecord>[] = [
            { verdict: "failed" },
            { drill: "wan" },
            { where: "home" },
            { stack: "other" },
            { zero: "up" },
            { begun: onDay(21) },
            { begun: now },
        ];
        for (const change of others) {
            const other = one(20, { begun: onDay(1), ...change });
            assert.deepEqual(earlier(one(33, { begun: now }), [other]), [], JSON.stringify(change));
        }
    });

    it("keeps one host's milestone apart from another's", () => {
        const on = (host: string | undefined, at: number, begun: string) =>
            one(at, { begun }, { host });
        const all = [on("pi1", 10, onDay(1)), on("pi2", 50, onDay(2)), on(undefined, 90, onDay(3))];
        assert.deepEqual(
            ["pi1", "pi2", undefined].map((h) => earlier(on(h, 1, now), all)[0]?.median),
            [10, 50, 90],
        );
    });

    const slower = (at: number | null, times: (number | null)[], more?: Partial<Milestone>) =>
        regressions(one(at, { begun: now }, more), past(...times)).length > 0;

    it("has regressed when it is slower than the slowest of three by more than half", () => {
        assert.equal(slower(150, [100, 50, 40]), false);
        assert.equal(slower(150.1, [100, 50, 40]), true);
        assert.equal(slower(150.1, [40, 50, 100]), true);
        assert.equal(slower(1000, [100, 50]), false);
        assert.equal(slower(1000, [100, 50, null]), false);
    });

    it("has not regressed by seconds that nobody waits for", () => {
        assert.equal(slower(14, [4, 4, 4]), false);
        assert.equal(slower(14.1, [4, 4, 4]), true);
    });

    it("has not regressed where it did not come, or must not", () => {
        assert.equal(slower(null, [4, 4, 4]), false);
        assert.equal(slower(900, [4, 4, 4], { expected: "never" }), false);
    });

    it("tells a regression with its figures", () => {
        const record = one(61, { begun: now }, { host: "pi1", name: "SSH" });
        const before = [20, 30.04, 10].map((at, day) =>
            one(at, { begun: onDay(day) }, { host: "pi1", name: "SSH" }),
        );
        assert.deepEqual(regressions(record, before), [
            "Clear regression: SSH of pi1 came 61.0 s after power on; the slowest of 3 earlier runs took 30.0 s.",
            "Run the drill once more; if it stays slow, look for what changed since, or, if it is meant to be so, " +
                "move the earlier records out of .lab/drills.",
        ]);
    });
});
