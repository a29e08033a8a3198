import assert from "node:assert/strict";
import type { Run, ScenarioStep, StateEntry } from "./scenario";

/**
 * Asserts that one engine did what the other did: the same steps, failures, counts, errors and exit status, and the same state.
 * Only steps of resources that have nothing to do with each other may come in another order.
 */
export function assertSameAs(
    actual: readonly ScenarioStep[],
    expected: readonly ScenarioStep[],
): void {
    const related = relations(expected.flatMap((step) => step.state));
    assert.deepEqual(
        actual.map(({ step }) => step),
        expected.map(({ step }) => step),
    );
    expected.forEach((wanted, index) => {
        const got = actual[index];
        assert.ok(got);
        for (const kind of ["preview", "update"] as const) {
            assertSameRun(`${wanted.step} ${kind}`, got[kind], wanted[kind], related);
        }
        assertSameState(wanted.step, got, wanted, related);
    });
}

type Related = (one: string, other: string) => boolean;

function assertSameRun(where: string, actual: Run, expected: Run, related: Related): void {
    const { began, ended, ...rest } = actual;
    const { began: wantedBegan, ended: wantedEnded, ...wantedRest } = expected;
    assert.deepEqual(rest, wantedRest, `${where}: ${JSON.stringify(rest)}`);
    assertSameOrder(`${where}, began`, began, wantedBegan, related);
    assertSameOrder(`${where}, ended`, ended, wantedEnded, related);
}

function assertSameState(
    where: string,
    actual: ScenarioStep,
    expected: ScenarioStep,
    related: Related,
): void {
    const byName = (a: StateEntry, b: StateEntry) => a.urn.localeCompare(b.urn);
    assert.deepEqual(
        [...actual.state].sort(byName),
        [...expected.state].sort(byName),
        `${where}, state`,
    );
    const urns = (step: ScenarioStep) => step.state.map(({ urn }) => `same ${urn}`);
    assertSameOrder(`${where}, order of the state`, urns(actual), urns(expected), related);
    assert.equal(actual.pending, expected.pending, `${where}, pending operations`);
}

/** The same entries (`OP URN`), and those that depend on each other in the same order. */
export function assertSameOrder(
    where: string,
    actual: readonly string[],
    expected: readonly string[],
    related: Related,
): void {
    assert.deepEqual([...actual].sort(), [...expected].sort(), where);
    const [got, wanted] = [numbered(actual), numbered(expected)];
    wanted.forEach((first, index) => {
        for (const second of wanted.slice(index + 1)) {
            if (mustKeepOrder(first, second, related)) {
                assert.ok(
                    got.indexOf(first) < got.indexOf(second),
                    `${where}: "${first}" must come before "${second}", but it was ${actual.join(", ")}`,
                );
            }
        }
    });
}

/** Tells a step that occurs twice (a stack's, in previews) from itself. */
function numbered(steps: readonly string[]): string[] {
    return steps.map((step, index) => {
        const earlier = steps.slice(0, index).filter((one) => one === step).length;
        return `${step} ${earlier}`;
    });
}

function mustKeepOrder(first: string, second: string, related: Related): boolean {
    const [firstOp, firstUrn = ""] = first.split(" ");
    const [secondOp, secondUrn = ""] = second.split(" ");
    // What the program has no longer goes only when the program has ended.
    const phases = (firstOp === "delete") !== (secondOp === "delete");
    return phases || firstUrn === secondUrn || related(firstUrn, secondUrn);
}

/** Whether one resource leads to another through dependencies, parents and providers. */
function relations(entries: readonly StateEntry[]): Related {
    const direct = new Map<string, Set<string>>();
    for (const { urn, parent, provider, dependencies } of entries) {
        const all = [parent, provider, ...dependencies].filter((one) => one !== undefined);
        direct.set(urn, new Set([...(direct.get(urn) ?? []), ...all]));
    }
    const leads = (from: string, to: string): boolean =>
        [...(direct.get(from) ?? [])].some((next) => next === to || leads(next, to));
    return (one, other) => leads(one, other) || leads(other, one);
}
