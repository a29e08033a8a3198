import assert from "node:assert/strict";
import fc from "fast-check";
import { cyclesAmong } from "../cold-start/cycles";
import type { Need, World } from "../cold-start/needs";
import { starter } from "../cold-start/order";

type Edge = readonly [from: number, to: number];

function need(from: string, to: readonly string[], changes: Partial<Need> = {}): Need {
    const usual = { enough: to.length, why: "", key: "", optional: false } as const;
    return { from, to, ...usual, when: "power-on", ...changes };
}

function worldOf(size: number, needs: readonly Need[]): World {
    const ids = Array.from({ length: size }, (_, index) => String(index));
    return {
        things: new Map(ids.map((id) => [id, { id, label: id, place: "cluster" }])),
        needs,
    };
}

const graph = (size: number, edges: readonly Edge[]) =>
    worldOf(
        size,
        edges.map(([from, to]) => need(String(from), [String(to)])),
    );

const order = (world: World, dead?: ReadonlySet<string>) => starter(world)("power-on", dead);
const circlesIn = (world: World) => cyclesAmong(world, order(world).stuck, { most: 10_000 });
const pathsIn = (world: World) =>
    circlesIn(world).cycles.map((hops) => hops.map((hop) => hop.need.from).join(" "));

/** Every elementary circle by trying all ways, each from its smallest node. */
function allCircles(size: number, edges: readonly Edge[]): Set<string> {
    const found = new Set<string>();
    const go = (way: readonly number[]) => {
        for (const [from, to] of edges) {
            if (from === way.at(-1)) {
                if (to === way[0]) {
                    found.add(way.join(" "));
                } else if (to > (way[0] ?? 0) && !way.includes(to)) {
                    go([...way, to]);
                }
            }
        }
    };
    for (let root = 0; root < size; root += 1) {
        go([root]);
    }
    return found;
}

const size = 6;
const node = fc.nat(size - 1);
const edges = fc.array(fc.tuple(node, node), { maxLength: 14 });

describe("order and circles", () => {
    it("finds every elementary circle once, the shortest first", () => {
        fc.assert(
            fc.property(edges, (list) => {
                const paths = pathsIn(graph(size, list));
                assert.deepEqual(new Set(paths), allCircles(size, list));
                assert.equal(new Set(paths).size, paths.length, "one stands twice");
                const lengths = paths.map((path) => path.split(" ").length);
                assert.deepEqual(
                    lengths,
                    lengths.toSorted((a, b) => a - b),
                );
            }),
        );
    });

    it("starts everything where nothing leads back, each after all that it needs", () => {
        fc.assert(
            fc.property(edges, (list) => {
                const forward = list.filter(([from, to]) => from > to);
                const { steps, stuck } = order(graph(size, forward));
                assert.deepEqual(stuck, []);
                for (const [from, to] of forward) {
                    assert.ok((steps.get(String(from)) ?? 0) > (steps.get(String(to)) ?? Infinity));
                }
            }),
        );
    });

    it("starts nothing in a circle once one edge leads back", () => {
        fc.assert(
            fc.property(edges, (list) => {
                const forward = list.filter(([from, to]) => from > to);
                fc.pre(forward.length > 0);
                const [first] = forward;
                const back: Edge = [first?.[1] ?? 0, first?.[0] ?? 0];
                const world = graph(size, [...forward, back]);
                assert.notDeepEqual(pathsIn(world), []);
                assert.ok(back.every((each) => order(world).stuck.includes(String(each))));
            }),
        );
    });

    it("has a circle whenever something is stuck, also with alternatives, and none where all start", () => {
        const alternatives = fc.array(
            fc.tuple(node, fc.uniqueArray(node, { minLength: 1 }), fc.nat(), fc.boolean()),
            { maxLength: 10 },
        );
        fc.assert(
            fc.property(alternatives, (list) => {
                const needs = list.map(([from, to, pick, optional]) =>
                    need(String(from), to.map(String), {
                        ...{ enough: 1 + (pick % to.length), optional },
                    }),
                );
                const world = worldOf(size, needs);
                const { stuck } = order(world);
                const { cycles } = circlesIn(world);
                assert.equal(cycles.length > 0, stuck.length > 0);
                for (const hops of cycles) {
                    hops.forEach((hop, index) => {
                        assert.ok(hop.need.to.includes(hop.to) && !hop.need.optional);
                        assert.equal(hops[(index + 1) % hops.length]?.need.from, hop.to);
                    });
                }
            }),
        );
    });

    it("waits for one of two, for two of three, and never for what fails open", () => {
        const one = worldOf(3, [need("0", ["1", "2"], { enough: 1 }), need("1", ["0"])]);
        assert.deepEqual(order(one).stuck, []);
        const two = [need("0", ["1", "2", "3"], { enough: 2 }), need("1", ["0"]), need("2", ["0"])];
        assert.deepEqual(order(worldOf(4, two)).stuck, ["0", "1", "2"]);
        assert.deepEqual(order(worldOf(4, two.slice(0, 2))).stuck, []);
        const open = worldOf(2, [need("0", ["1"], { optional: true }), need("1", ["0"])]);
        assert.deepEqual(order(open).stuck, []);
    });

    it("does not blame an alternative that is stuck where another one is there", () => {
        const needs = [need("0", ["1", "2"], { enough: 1 }), need("1", ["0"]), need("0", ["0"])];
        assert.deepEqual(pathsIn(worldOf(3, needs)), ["0"]);
    });

    it("starts nothing that needs what is dead", () => {
        const world = graph(3, [[1, 0]]);
        assert.deepEqual(order(world, new Set(["0"])).stuck, ["0", "1"]);
    });

    it("ends with some of the circles, and says so, where there are too many", () => {
        const all = Array.from({ length: 12 * 12 }, (_, i): Edge => [Math.floor(i / 12), i % 12]);
        const world = graph(12, all);
        const { cycles, more } = cyclesAmong(world, order(world).stuck);
        assert.deepEqual([cycles.length, more], [20, true]);
        assert.equal(cycles[0]?.length, 1);
    });

    it("finds the shortest of very many circles, and says that there are more", () => {
        const many = 1000;
        const dense = Array.from({ length: many * 30 }, (_, i): Edge => {
            const from = i % many;
            return [from, (from * 31 + Math.floor(i / many) * 97 + 1) % many];
        });
        const world = graph(many, dense);
        const { stuck } = order(world);
        const { cycles, more } = cyclesAmong(world, stuck);
        assert.deepEqual([cycles.length, more], [20, true]);
        assert.ok(cycles.every((hops) => hops.length <= 3));
    });

    it("finds the one circle of two thousand things", () => {
        const ring = Array.from({ length: 2000 }, (_, i): Edge => [i, (i + 1) % 2000]);
        const { cycles, more } = circlesIn(graph(2000, ring));
        assert.deepEqual([cycles.length, cycles[0]?.length, more], [1, 2000, false]);
    });
});
