import assert from "node:assert/strict";
import { checkConfig } from "../config/check";
import { raw } from "./right-config";

/** What `pulumi up` says of keys under tunnel: what is wrong, and what is right instead. */
function told(tunnel: object): string {
    const checked = checkConfig(raw({ tunnel: { name: "home", ...tunnel } }));
    return "problems" in checked
        ? checked.problems
              .map(({ where, wrong, right }) => `${where}: ${wrong} → ${right}`)
              .join("\n")
        : "";
}

describe("the connectors' settings under tunnel", () => {
    for (const tunnel of [
        ...["auto", "http2", "quic"].map((protocol) => ({ protocol })),
        ...["debug", "info", "warn", "error", "fatal"].map((logLevel) => ({ logLevel })),
        { region: "us" },
        { region: "" },
        { tolerations: [] },
        { tolerations: [{ operator: "Exists" }] },
        { tolerations: [{ key: "dedicated", value: "edge", effect: "NoSchedule" }] },
        { tolerations: [{ key: "example.com/dedicated", operator: "Equal", value: "" }] },
        {
            tolerations: [
                { key: "a", operator: "Exists", effect: "NoExecute", tolerationSeconds: 60 },
            ],
        },
        { nodeSelector: {} },
        { nodeSelector: { "kubernetes.io/hostname": "pi2", disk: "" } },
        { nodeSelector: { "kubernetes.io/arch": "arm64" } },
        { nodeSelector: { "node-role.kubernetes.io/control-plane": "true" } },
    ]) {
        it(`take ${JSON.stringify(tunnel)}`, () => {
            assert.equal(told(tunnel), "");
        });
    }

    for (const [tunnel, expected] of [
        [{ protocol: "h2mux" }, /tunnel\.protocol: "h2mux" is not one of auto, http2, quic/],
        [{ protocol: "HTTP2" }, /tunnel\.protocol: /],
        [{ region: "eu" }, /tunnel\.region: "eu" is not a region .*no other than us/],
        [{ logLevel: "trace" }, /tunnel\.logLevel: "trace" is not one of debug/],
        [{ tolerations: { key: "a" } }, /tunnel\.tolerations: .* is not a list/],
        [
            { tolerations: ["CriticalAddonsOnly=true:NoExecute"] },
            /tunnel\.tolerations\[0\]: .*is not a map of key/,
        ],
        [{ tolerations: [{}] }, /tolerations\[0\]\.key: is missing; only operator: Exists/],
        [
            { tolerations: [{ key: "dedicated=edge:NoSchedule" }] },
            /tolerations\[0\]\.key: .*is not a taint's key → \{ key: dedicated, value: "edge", effect: NoSchedule \}/,
        ],
        [
            { tolerations: [{ key: "a", operator: "Exists", value: "x" }] },
            /tolerations\[0\]\.value: has no meaning beside operator: Exists/,
        ],
        [
            { tolerations: [{ key: "a", value: true }] },
            /tolerations\[0\]\.value: true is not a text: it needs quotes → value: "true"/,
        ],
        [
            { tolerations: [{ key: "a", operator: "Exists", tolerationSeconds: 5 }] },
            /tolerations\[0\]\.tolerationSeconds: has a meaning beside effect: NoExecute only/,
        ],
        [
            { tolerations: [{ key: "a", effect: "NoRun" }] },
            /tolerations\[0\]\.effect: "NoRun" is not one of/,
        ],
        [
            { tolerations: [{ key: "a", values: ["x"] }] },
            /tolerations\[0\]: has no field "values" \(did you mean "value"\?\)/,
        ],
        [{ nodeSelector: ["pi2"] }, /tunnel\.nodeSelector: .*is not a map of a node's labels/],
        [{ nodeSelector: { ssd: true } }, /nodeSelector\.ssd: true is not a text: it needs quotes/],
        [{ nodeSelector: { "a b": "c" } }, /nodeSelector\.a b: is not a label's name/],
        [{ nodeSelector: { a: "b c" } }, /nodeSelector\.a: "b c" is not a label's value/],
        [
            { nodeSelector: { "kubernetes.io/arch": "arm" } },
            /selects arm, for which neither image is made: no pod would start → arm64 or amd64/,
        ],
    ] as const) {
        it(`refuse ${JSON.stringify(tunnel)}, before a pod is looked for a node`, () => {
            assert.match(told(tunnel), expected);
        });
    }
});
