import assert from "node:assert/strict";
import { filledIn } from "../lab/grafana/annotations";
import { evaluated, type Instances, type Result } from "../lab/grafana/states";
import type { Rule } from "../lab/grafana/store";

const base: Rule = {
    ...{ uid: "r", title: "Low", orgID: 1, folderUID: "f", ruleGroup: "g", condition: "C" },
    data: [
        {
            ...{ refId: "A", datasourceUid: "prometheus" },
            ...{ relativeTimeRange: { from: 600, to: 0 }, model: {} },
        },
        {
            ...{ refId: "C", datasourceUid: "__expr__", relativeTimeRange: { from: 0, to: 0 } },
            model: { conditions: [{ evaluator: { type: "lt", params: [8] } }] },
        },
    ],
    ...{ noDataState: "KeepLast", execErrState: "KeepLast", for: "2m0s", keep_firing_for: "3m0s" },
    ...{ labels: {}, annotations: {}, isPaused: false, provenance: "api" },
};
const on = (value: number, pod = "a"): Result => ({ series: [{ labels: { pod }, value }] });
const nothing: Result = { series: [] };
const failed: Result = { error: "connection refused" };

/** The states after each evaluation, one a minute: each instance as its labels' values and its state. */
function states(rule: Rule, results: readonly Result[]): string[] {
    let instances: Instances = new Map();
    return results.map((result, at) => {
        instances = evaluated(rule, result, at * 60_000, instances);
        return [...instances.values()]
            .map(({ labels, state, endedAt }) => {
                const name = labels["pod"] ?? labels["alertname"] ?? "-";
                return `${name} ${state}${endedAt === undefined ? "" : " ended"}`;
            })
            .join(", ");
    });
}

describe("the states of a rule in the Grafana stand-in", () => {
    it("wait for `for`, stay for keepFiringFor, and end", () => {
        const results = [9, 7, 7, 7, 9, 7, 9, 9, 9, 9, 9].map((value) => on(value));
        assert.deepEqual(states(base, results), [
            ...["a Normal", "a Pending", "a Pending", "a Alerting", "a Recovering", "a Alerting"],
            ...["a Recovering", "a Recovering", "a Recovering", "a Normal ended", "a Normal ended"],
        ]);
    });

    it("begin to wait anew when it was right in between", () => {
        const results = [7, 7, 9, 7, 7].map((value) => on(value));
        assert.deepEqual(states(base, results), [
            ...["a Pending", "a Pending", "a Normal", "a Pending", "a Pending"],
        ]);
    });

    it("fire at once without `for`", () => {
        assert.deepEqual(states({ ...base, for: "0s" }, [on(7)]), ["a Alerting"]);
    });

    it("end when the series is gone for as many evaluations as the rule says", () => {
        const gone = [on(7), on(9, "b"), on(9, "b"), on(9, "b")];
        const rule = { ...base, for: "0s" };
        assert.deepEqual(states(rule, gone), [
            ...["a Alerting", "b Normal, a Alerting", "b Normal, a Normal ended"],
            "b Normal, a Normal ended",
        ]);
        const patient = { ...rule, missingSeriesEvalsToResolve: 3 };
        assert.equal(states(patient, gone)[2], "b Normal, a Alerting");
    });

    it("are kept, told as such, ended or taken for bad when there is no data, as the rule says", () => {
        const rule = { ...base, for: "0s" };
        const after = (noDataState: Rule["noDataState"]) =>
            states({ ...rule, noDataState, keep_firing_for: "0s" }, [on(7), nothing])[1];
        assert.equal(after("KeepLast"), "a Alerting");
        assert.equal(after("NoData"), "a Alerting, DatasourceNoData NoData");
        assert.equal(after("OK"), "a Normal ended");
        assert.equal(after("Alerting"), "a Alerting, - Alerting");
    });

    it("are kept, or bad, when the query fails, as the rule says", () => {
        const rule = { ...base, for: "0s", keep_firing_for: "0s" };
        const after = (execErrState: Rule["execErrState"]) =>
            states({ ...rule, execErrState }, [on(9), failed, failed, on(9)]).slice(1);
        assert.deepEqual(after("KeepLast"), ["a Normal", "a Normal", "a Normal"]);
        assert.deepEqual(after("Alerting"), [
            ...["a Normal, - Alerting", "- Alerting", "a Normal, - Alerting"],
        ]);
        assert.equal(after("Error")[0], "a Normal, DatasourceError Error");
        assert.equal(after("OK")[0], "a Normal");
    });
});

describe("filledIn", () => {
    it("fills in labels and the value, rounded", () => {
        const text = '{{ $labels.pod }}: {{ printf "%.1f" $values.A.Value }} of {{ $labels.x }}';
        assert.equal(filledIn(text, { pod: "a" }, 7.89), "a: 7.9 of [no value]");
    });

    it("refuses what it does not know", () => {
        assert.throws(() => filledIn("{{ humanize 1 }}", {}, 1), /cannot fill in \{\{ humanize 1/);
    });
});
