import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prometheusRules } from "../../components/prometheus-rules";
import { run } from "../../lab/shell";
import { cases } from "./cases";
import { failures, list, runbooks, tools } from "./promtool";

describe("the alerts, in Prometheus", () => {
    let promtool: string;
    const failed = new Map<string, string | undefined>();
    before(async () => {
        ({ promtool } = await tools());
        const all = list.flatMap((alert) => {
            const tried = cases[alert.name];
            return tried === undefined ? [] : [{ alert, tried }];
        });
        const seen = await failures(promtool, all);
        all.forEach(({ alert }, index) => failed.set(alert.name, seen[index]));
    });

    it("are a rule file that promtool accepts", async () => {
        const folder = mkdtempSync(join(tmpdir(), "rekindle-rules-"));
        try {
            const file = join(folder, "rules.json");
            writeFileSync(file, JSON.stringify(prometheusRules(list, "home", runbooks)));
            const said = await run(promtool, ["check", "rules", file]);
            assert.match(said, new RegExp(`SUCCESS: ${list.length} rules found`));
        } finally {
            rmSync(folder, { recursive: true });
        }
    });

    for (const alert of list) {
        if (alert.name === "PrometheusDown") {
            // Speaks when there is no Prometheus; Grafana's stand-in is tried with it.
            continue;
        }
        it(`${alert.name} fires just then, with these labels and this text, and not otherwise`, () => {
            assert.ok(failed.has(alert.name), "it has no case");
            assert.equal(failed.get(alert.name), undefined);
        });
    }

    it("have no case left over", () => {
        const names = list.map(({ name }) => name);
        assert.deepEqual(
            Object.keys(cases).filter((name) => !names.includes(name)),
            [],
        );
    });
});
