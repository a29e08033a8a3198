import assert from "node:assert/strict";
import { each } from "../lab/each";
import { pis } from "../lab/facts";
import { everything, promisesIn } from "../lab/promises";

describe("what a drill promised to undo", () => {
    it("is read as it was written", () => {
        const written = [{ kind: "drill" }, { kind: "power" }, { kind: "drive", pi: "pi3" }];
        assert.deepEqual(promisesIn(JSON.stringify(written)), written);
        assert.deepEqual(promisesIn("[]"), []);
    });

    for (const text of [
        ...["", '[{"kind":"power"},{"ki', "null", "{}", "\0\0\0\0", '["power"]'],
        ...['[{"kind":"moon"}]', '[{"kind":"power"},{"kind":"drive"}]'],
        '[{"kind":"card-full","pi":"../.."}]',
    ]) {
        it(`is everything where the file holds ${JSON.stringify(text)}`, () => {
            assert.equal(promisesIn(text), everything);
        });
    }

    it("is, when that is everything, undone in an order that works: what needs the cluster last, power before it", () => {
        const kinds = everything.map(({ kind }) => kind).reverse();
        assert.deepEqual(kinds.slice(-3), ["power", "seed", "drill"]);
        // A card that is put back leaves its Pi off.
        assert.ok(kinds.lastIndexOf("old-card") < kinds.indexOf("power"));
        for (const kind of ["old-card", "card-full", "drive"]) {
            assert.equal(kinds.filter((one) => one === kind).length, pis.length);
        }
    });
});

describe("each", () => {
    it("goes on after one that failed, and tells every reason", async () => {
        const done: number[] = [];
        const odd = async (item: number) => {
            done.push(item);
            return item % 2 === 1 ? Promise.reject(new Error(`${item} is odd`)) : Promise.resolve();
        };
        await assert.rejects(each([1, 2, 3], odd), { message: "1 is odd\n3 is odd" });
        assert.deepEqual(done, [1, 2, 3]);
        await each([2], odd);
    });
});
