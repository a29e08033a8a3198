import assert from "node:assert/strict";
import { choose, stem } from "./choose";
import { groups } from "./groups";

const filesOf = (wanted: string, ...names: string[]) =>
    choose(wanted, names).flatMap(({ files }) => files.map(stem));
const groupsOf = (wanted: string) => choose(wanted).map(({ group }) => group.name);

describe("npm test", () => {
    it("runs every group, each with at least one file", () => {
        assert.deepEqual(
            groupsOf("all"),
            groups.map(({ name }) => name),
        );
        assert.ok(choose("all").every(({ files }) => files.length > 0));
    });

    it("runs without root what is quick", () => {
        const quick = choose("quick");
        assert.deepEqual(groupsOf("quick").slice(0, 2), ["unit", "scripts"]);
        assert.ok(quick.every(({ group }) => group.host !== true));
    });

    it("finds files by number, by name and by file name, in their order", () => {
        assert.deepEqual(filesOf("lab", "3"), ["3-faults"]);
        assert.deepEqual(filesOf("lab", "9-down", "3"), ["3-faults", "9-down"]);
        assert.deepEqual(filesOf("lab", "tests/lab/3-faults.test.ts"), ["3-faults"]);
        const second = filesOf("lab", "2");
        assert.ok(second.length > 1 && second.every((file) => file.startsWith("2-")));
    });

    it("prefers the file that is named to those that begin with its name", () => {
        assert.deepEqual(filesOf("unit", "cold-start"), ["cold-start"]);
    });

    it("says what there is when there is no such group or file", () => {
        assert.throws(
            () => choose("lap"),
            /no group .* "lap"\. Did you mean "lab"\? Use one of: all, quick, unit/,
        );
        assert.throws(
            () => choose("lab", ["3-fault"]),
            /group lab has no test file named "3-fault"\. Did you mean "3-faults"\? It has: 1-start, /,
        );
        assert.throws(() => choose("lab", ["77"]), /no test file named "77"\. It has: 1-start/);
        assert.throws(() => choose("all", ["3"]), /"all" is more than one: .* `npm test -- lab 3`/);
    });
});
