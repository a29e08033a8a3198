import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prometheusRules } from "../../components/prometheus-rules";
import { run } from "../../lab/shell";
import { cases } from "./cases";
import { failure, list, runbooks, tools } from "./promtool";

describe("the alerts, in Prometheus", () => {
    let promtool: string;
    before(async () => {
        ({ promtool } = await tools());
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
        it(`${alert.name} fires just then, with these labels and this text, and not otherwise`, async () => {
            const tried = cases[alert.name];
            assert.ok(tried, "it has no case");
            assert.equal(await failure(promtool, alert, tried), undefined);
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
