import assert from "node:assert/strict";
import { table } from "../../lab/report";
import { cases } from "./cases";
import { mutants } from "./mutants";
import { failures, list, tools } from "./promtool";

describe("the tests of the alerts", () => {
    it("fail for each threshold, comparison and time that is changed", async function () {
        this.timeout(300_000);
        const { promtool } = await tools();
        const wrong = list.flatMap((alert) => {
            const tried = cases[alert.name];
            return tried === undefined
                ? []
                : mutants(alert).map(({ what, alert }) => ({ what, alert, tried }));
        });
        const noticed = await failures(promtool, wrong);
        const rows = wrong.map(({ what, alert }, index) => [
            alert.name,
            what,
            noticed[index] === undefined ? "NOT NOTICED" : "a test failed",
        ]);
        const survivors = rows.filter(([, , seen]) => seen === "NOT NOTICED");
        console.log(table(["alert", "changed", "seen"], rows));
        assert.deepEqual(survivors, []);
    });
});
