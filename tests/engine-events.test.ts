import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventLog } from "../lab/engine/event-log";
import { readEvents } from "../lab/engine/events";

const urn = (rest: string) => `urn:pulumi:dev::p::${rest}`;

describe("readEvents", () => {
    it("reads a log of Pulumi's own engine", () => {
        const pre = (metadata: object) => JSON.stringify({ resourcePreEvent: { metadata } });
        const map = urn("kubernetes:core/v1:ConfigMap::settings");
        const lines = [
            pre({ op: "same", urn: urn("pulumi:pulumi:Stack::p-dev") }),
            pre({ op: "create", urn: urn("pulumi:providers:kubernetes::default_4_34_2") }),
            pre({ op: "create-replacement", urn: map, diffs: ["data"] }),
            pre({ op: "replace", urn: map, diffs: ["data"], detailedDiff: { "data.a": {} } }),
            pre({ op: "delete-replaced", urn: map }),
            pre({ op: "delete", urn: urn("command:local:Command::old"), diffs: null }),
            JSON.stringify({
                diagnosticEvent: { severity: "error", message: "<{%fg 1%}>boom<{%reset%}>\n" },
            }),
            JSON.stringify({ diagnosticEvent: { severity: "info", message: "hello" } }),
            JSON.stringify({
                summaryEvent: { resourceChanges: { same: 1, replace: 1, delete: 1 } },
            }),
        ];
        assert.deepEqual(readEvents(`${lines.join("\n")}\n`), {
            steps: { create: 0, update: 0, replace: 1, delete: 1, same: 1 },
            errors: ["boom"],
            changes: [
                { op: "replace", urn: map, diffs: ["data.a"] },
                { op: "delete", urn: urn("command:local:Command::old"), diffs: [] },
            ],
        });
    });

    it("leaves out a last line that was cut off, and nothing else", () => {
        const whole = `${JSON.stringify({ summaryEvent: { resourceChanges: { same: 3 } } })}\n`;
        assert.equal(readEvents(`${whole}{"diagnosticEv`).steps.same, 3);
        assert.throws(() => readEvents(`{"diagnosticEv\n${whole}`), SyntaxError);
        assert.equal(readEvents("").steps.same, 0);
    });

    it("reads what the bundled engine writes", () => {
        const folder = mkdtempSync(join(tmpdir(), "events-"));
        try {
            const file = join(folder, "events.json");
            const log = eventLog(file, true);
            const change = {
                path: ["data", "a.b"],
                kind: "update",
                replace: false,
                before: "1",
                after: "2",
            } as const;
            const step = { op: "update", urn: urn("x:y:Z::name"), changes: [change] } as const;
            log.began(step);
            log.diagnostic("error", "it broke", step.urn);
            const counts = { update: 1, same: 2 };
            log.finished({ counts, seconds: 1, failed: true, outputs: {} });
            assert.deepEqual(readEvents(readFileSync(file, "utf8")), {
                steps: { create: 0, update: 1, replace: 0, delete: 0, same: 2 },
                errors: ["it broke"],
                changes: [
                    {
                        ...{ op: "update", urn: step.urn, diffs: ['data["a.b"]'] },
                        ...{ before: { data: { "a.b": "1" } }, after: { data: { "a.b": "2" } } },
                    },
                ],
            });
        } finally {
            rmSync(folder, { recursive: true });
        }
    });
});
