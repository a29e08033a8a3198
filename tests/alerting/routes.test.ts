import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { routeTree } from "../../components/alert-routes";
import { run } from "../../lab/shell";
import { list, tools } from "./promtool";

describe("the routes, in Alertmanager", () => {
    const names = { loud: "telegram", silent: "telegram-silent", heartbeat: "dead-mans-switch" };
    let amtool: string;
    let folder: string;
    let file: string;
    before(async () => {
        ({ amtool } = await tools());
        folder = mkdtempSync(join(tmpdir(), "rekindle-routes-"));
        file = join(folder, "alertmanager.json");
        const receivers = Object.values(names).map((name) => ({ name }));
        writeFileSync(file, JSON.stringify({ route: routeTree("home", names), receivers }));
    });
    after(() => {
        rmSync(folder, { recursive: true });
    });
    /** Asked for all alerts at once: most of each answer is amtool's start. */
    const receivers = new Map<string, string>();
    before(async () => {
        await Promise.all(
            list.map(async ({ name, severity }) => {
                const labels = { alertname: name, severity, grafana_folder: "Rekindle" };
                receivers.set(name, await receiver(labels));
            }),
        );
    });
    const receiver = async (labels: Record<string, string>) =>
        run(amtool, [
            ...["config", "routes", "test", `--config.file=${file}`],
            ...Object.entries(labels).map(([name, value]) => `${name}=${value}`),
        ]);

    it("are a configuration that amtool accepts", async () => {
        assert.match(await run(amtool, ["check-config", file]), /SUCCESS/);
    });

    for (const { name, severity } of list) {
        const expected = {
            critical: "telegram",
            warning: "telegram-silent",
            heartbeat: "dead-mans-switch",
        }[severity];
        it(`take ${name} to ${expected}, and nowhere else`, () => {
            assert.equal(receivers.get(name), expected);
        });
    }

    it("take what has no severity of ours to the loud one: it is somebody's alert", async () => {
        assert.equal(await receiver({ alertname: "Theirs" }), "telegram");
        assert.equal(await receiver({ alertname: "Theirs", severity: "page" }), "telegram");
    });
});
