import assert from "node:assert/strict";
import { table } from "../../lab/report";
import { cases } from "./cases";
import { mutants } from "./mutants";
import { failure, list, tools } from "./promtool";

describe("the tests of the alerts", () => {
    it("fail for each threshold, comparison and time that is changed", async function () {
        this.timeout(300_000);
        const { promtool } = await tools();
        const rows: string[][] = [];
        const survivors: string[] = [];
        for (const alert of list) {
            const tried = cases[alert.name];
            if (tried === undefined) {
                rows.push([
                    alert.name,
                    "-",
                    "tried with Grafana's stand-in: no Prometheus, no promtool",
                ]);
                continue;
            }
            const failures = await Promise.all(
                mutants(alert).map(async ({ what, alert: wrong }) => ({
                    what,
                    noticed: (await failure(promtool, wrong, tried)) !== undefined,
                })),
            );
            for (const { what, noticed } of failures) {
                rows.push([alert.name, what, noticed ? "a test failed" : "NOT NOTICED"]);
                if (!noticed) {
                    survivors.push(`${alert.name}: ${what}`);
                }
            }
        }
        console.log(table(["alert", "changed", "seen"], rows));
        assert.deepEqual(survivors, []);
    });
});
