import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { impactOf, knownTypes } from "../impact/impact";
import { readPreview } from "../impact/preview";
import type { Step } from "../impact/step";
import { closing, judged, markdown, rows } from "../impact/summary";

const urn = (type: string, name: string) => `urn:pulumi:dev::rekindle::${type}::${name}`;
const step = (op: string, type: string, name: string, more: Partial<Step> = {}): Step => ({
    ...{ op, urn: urn(type, name), diffs: [] },
    ...more,
});
const label = (...args: Parameters<typeof step>) => impactOf(step(...args)).label;

const remote = "rekindle:index:PiVolume$command:remote:Command";
const local = "rekindle:index:CloudflareTunnel$command:local:Command";
const tunnel =
    "rekindle:index:CloudflareTunnel$cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared";
const deployment = "rekindle:index:CloudflareTunnel$kubernetes:apps/v1:Deployment";
const volume = "rekindle:index:PiVolume";
const disk = (drive: string, size: string) => ({ drive, size });

describe("what a step does to the house", () => {
    for (const [expected, op, type, name, diffs = []] of [
        ["nothing", "create", tunnel, "tunnel"],
        ["nothing", "import", tunnel, "tunnel"],
        ["nothing", "update", tunnel, "tunnel", ["name"]],
        ["public outage", "replace", tunnel, "tunnel", ["accountId"]],
        ["public outage", "delete", tunnel, "tunnel"],
        [
            "restart",
            "update",
            deployment,
            "tunnel-cloudflared",
            ["spec.template.spec.containers[0].image"],
        ],
        ["restart", "update", deployment, "tunnel-cloudflared"],
        ["nothing", "update", deployment, "tunnel-cloudflared", ["spec.replicas"]],
        ["public outage", "replace", deployment, "tunnel-cloudflared", ["metadata.name"]],
        ["public outage", "delete", deployment, "tunnel-cloudflared"],
        ["public outage", "delete", "kubernetes:core/v1:Namespace", "tunnel-cloudflared"],
        ["nothing", "replace", "kubernetes:core/v1:ConfigMap", "tunnel-config", ["data"]],
        ["nothing", "update", local, "tunnel-dns", ["stdin"]],
        ["nothing", "update", local, "tunnel-former-health", ["stdin"]],
        ["nothing", "delete", local, "tunnel-former-health"],
        ["public outage", "delete", local, "tunnel-dns"],
        ["public outage", "replace", local, "tunnel-leftovers", ["stdin"]],
        ["public outage", "delete", local, "tunnel-connections"],
        ["nothing", "delete", local, "alerting-ready"],
        ["restart", "create", remote, "volume-pi1-switch"],
        ["restart", "update", remote, "volume-pi1-switch", ["stdin"]],
        ["nothing", "create", remote, "volume-pi1-guardian"],
        ["restart", "delete", remote, "volume-pi1-guardian"],
        ["nothing", "create", remote, "volume-my-pi-prepare"],
        ["nothing", "delete", "grafana:alerting/ruleGroup:RuleGroup", "alerting-storage"],
        ["nothing", "update", "pulumi:providers:kubernetes", "cluster", ["kubeconfig"]],
        ["restart", "create", "other:index:Thing", "x"],
        ["public outage", "update", "other:index:Thing", "x"],
        ["data at risk", "delete", "other:index:Thing", "x"],
        ["data at risk", "replace", "other:index:Thing", "x"],
        ["data at risk", "discard", "other:index:Thing", "x"],
    ] as const) {
        it(`${op} ${name} ${diffs.join()}: ${expected}`, () => {
            assert.equal(label(op, type, name, { diffs }), expected);
        });
    }

    for (const [expected, diffs, before, after] of [
        ["nothing", ["volume.size"], { size: "20GiB" }, { size: "30GiB" }],
        ["nothing", ["volume.size"], { size: "900GiB" }, { size: "1TiB" }],
        ["data at risk", ["volume.size"], { size: "20GiB" }, { size: "20479MiB" }],
        // What is not told may be less.
        ["data at risk", ["volume.size"], undefined, undefined],
        ["data at risk", ["volume.drive", "volume.size"], { size: "1GiB" }, { size: "2GiB" }],
        ["nothing", ["volume.onDestroy"], { onDestroy: "keep" }, { onDestroy: "restore" }],
        ["nothing", ["address"], undefined, undefined],
        // Of a component Pulumi's own engine tells values, and no path or only the first part of one.
        ["data at risk", [], disk("/mnt/a", "20GiB"), disk("/mnt/b", "20GiB")],
        ["data at risk", [], disk("/mnt/a", "20GiB"), disk("/mnt/a", "10GiB")],
        ["data at risk", ["volume"], disk("/mnt/a", "1TiB"), disk("/mnt/a", "999GiB")],
        ["nothing", ["volume"], disk("/mnt/a", "20GiB"), disk("/mnt/a", "30GiB")],
        ["nothing", [], disk("/mnt/a", "20GiB"), disk("/mnt/a", "20GiB")],
        ["data at risk", ["volume"], undefined, undefined],
        ["data at risk", [], disk("/mnt/a", "20GiB"), undefined],
    ] as const) {
        it(`a volume's ${diffs.join(", ")} from ${JSON.stringify(before)} to ${JSON.stringify(after)}: ${expected}`, () => {
            const sides = { before: { volume: before }, after: { volume: after } };
            for (const op of ["update", "replace"]) {
                assert.equal(label(op, volume, "volume-pi1", { diffs, ...sides }), expected);
            }
        });
    }

    for (const [op, type] of [
        ["same", tunnel],
        ["same", "other:index:Thing"],
        ["read", deployment],
        ["refresh", remote],
        ["delete", volume],
    ] as const) {
        it(`${op} of a ${type.split(":").at(-1) ?? ""} changes nothing by itself`, () => {
            assert.equal(label(op, type, "volume-pi1-switch"), "nothing");
        });
    }

    it("takes a type that only sounds like JavaScript's own for the worst", () => {
        assert.equal(label("delete", "constructor", "x"), "data at risk");
    });

    for (const [what, has] of [
        ["a volume does not shrink", disk("/mnt/a", "1GiB")],
        ["another drive for data that is there", disk("/mnt/b", "2GiB")],
    ] as const) {
        it(`${what}: what would allow it, and what that comes to`, () => {
            const before = { volume: disk("/mnt/a", "2GiB") };
            const judge = (after: Step["after"], diffs: readonly string[] = []) =>
                impactOf(step("update", volume, "volume-pi1", { before, after, diffs }));
            assert.deepEqual(judge({ volume: has }), {
                label: "data at risk",
                why: `${what}: the Pi refuses it and changes nothing, without \`confirm: [volume-pi1]\``,
            });
            assert.equal(judge({ volume: has, confirmed: "true" }).label, "data at risk");
            for (const diffs of [[], ["volume"], ["volume.size", "volume.drive", "confirmed"]]) {
                assert.deepEqual(judge({ volume: has, confirmed: true }, diffs), {
                    label: "restart",
                    why: "confirmed: k3s stops twice, while its data goes to the card and into the new image",
                });
            }
        });
    }

    it("has a confirmed volume that only grows, or stays, restart nothing by itself", () => {
        const [had, has] = [disk("/mnt/a", "2GiB"), disk("/mnt/a", "3GiB")];
        for (const now of [had, has]) {
            const sides = { before: { volume: had }, after: { volume: now, confirmed: true } };
            assert.equal(label("update", volume, "volume-pi1", sides), "nothing");
        }
    });

    it("names the Pi", () => {
        const { why } = impactOf(step("create", remote, "volume-pi-7-switch"));
        assert.match(why, /^pi-7: k3s stops for seconds/);
    });
});

describe("the summary of a preview", () => {
    const all = judged([
        step("same", tunnel, "tunnel"),
        step("create", "kubernetes:core/v1:ConfigMap", "tunnel-config"),
        step("update", deployment, "tunnel-cloudflared"),
        step("delete", tunnel, "tunnel"),
    ]);

    it("begins with the worst, leaves out what stays, and counts what nobody notices", () => {
        assert.deepEqual(
            rows(all).map((row) => row.slice(0, 3)),
            [
                ["public outage", "delete", "ZeroTrustTunnelCloudflared tunnel"],
                ["restart", "update", "Deployment tunnel-cloudflared"],
                ["nothing", "", "1 other steps"],
            ],
        );
        assert.equal(closing(all), "The worst: public outage, by 1 of 3 steps.");
        assert.equal(closing([]), "Nobody notices anything: nothing changes.");
    });

    it("is GitHub's Markdown, in which a name is nothing but text", () => {
        const hostile = judged([step("delete", tunnel, "a|b<script>`x`\n# @everyone")]);
        const text = markdown(hostile);
        assert.match(text, /^### What this change does to the house\n/);
        assert.ok(!text.includes("<script>") && !text.includes("\n# "), text);
        const [line = ""] = text.split("\n").filter((one) => one.includes("public outage**"));
        assert.equal(line.replaceAll(/\\./g, "").split("|").length, 6, line);
        assert.ok(!/(?<!\\)[`@]/.test(line), line);
    });

    it("has no link, emoji or column that a name or a kind of step brings along", () => {
        const all = judged([
            step("de|lete", tunnel, "https://evil.example WWW.evil.example :skull:"),
        ]);
        const [line = ""] = markdown(all)
            .split("\n")
            .filter((one) => one.includes("public outage**"));
        assert.doesNotMatch(line, /www\.|(?<!\\):/i);
        assert.equal(line.replaceAll(/\\./g, "").split("|").length, 6, line);
    });
});

describe("`pulumi preview --json`", () => {
    it("is read as steps, a replacement once", () => {
        const text = JSON.stringify({
            steps: [
                { op: "create-replacement", urn: urn(tunnel, "tunnel") },
                {
                    ...{ op: "replace", urn: urn(tunnel, "tunnel") },
                    detailedDiff: { accountId: { kind: "update-replace" } },
                },
                { op: "delete-replaced", urn: urn(tunnel, "tunnel") },
                {
                    ...{ op: "update", urn: urn(volume, "volume-pi1"), diffReasons: ["volume"] },
                    oldState: { inputs: { volume: { size: "2GiB" } } },
                    newState: { inputs: { volume: { size: "1GiB" } } },
                },
            ],
        });
        const steps = readPreview(text);
        assert.deepEqual(
            steps.map(({ op, diffs }) => [op, diffs]),
            [
                ["replace", ["accountId"]],
                ["update", ["volume"]],
            ],
        );
        assert.deepEqual(
            steps.map((one) => impactOf(one).label),
            ["public outage", "data at risk"],
        );
    });

    it("tells what is left of an earlier replacement, which stands alone", () => {
        const steps = [{ op: "delete-replaced", urn: urn(local, "tunnel-leftovers") }];
        const [only] = readPreview(JSON.stringify({ steps }));
        assert.equal(only?.op, "delete-replaced");
        assert.equal(impactOf(only).label, "public outage");
    });

    it("falls back on the reasons where the details are empty", () => {
        const steps = [
            {
                ...{ op: "update", urn: urn(deployment, "x") },
                detailedDiff: {},
                diffReasons: ["spec"],
            },
        ];
        assert.deepEqual(readPreview(JSON.stringify({ steps }))[0]?.diffs, ["spec"]);
    });

    it("of a preview that failed says nothing but why", () => {
        const steps = [{ op: "create", urn: urn("pulumi:pulumi:Stack", "rekindle-dev") }];
        const diagnostics = [
            { severity: "info", message: "node 24" },
            { severity: "error", message: "This house would not come back\n" },
        ];
        for (const failed of [{ steps, diagnostics }, { diagnostics }]) {
            assert.throws(
                () => readPreview(JSON.stringify(failed)),
                /^Error: The preview failed, .*: This house would not come back$/,
            );
        }
        const warned = { steps, diagnostics: diagnostics.slice(0, 1) };
        assert.equal(readPreview(JSON.stringify(warned)).length, 1);
    });

    for (const text of ["", "{}", "error: no stack", '{"steps":[{"op":1}]}']) {
        it(`says what to run when it gets ${JSON.stringify(text)}`, () => {
            assert.throws(
                () => readPreview(text),
                /Run `pulumi preview --json \| npm run -s impact`/,
            );
        });
    }
});

describe("types without a rule", () => {
    it("are none of this program's", () => {
        const root = join(__dirname, "..");
        const files = [
            "index.ts",
            ...readdirSync(join(root, "components")).map((name) => join("components", name)),
        ];
        const made = files
            .filter((name) => name.endsWith(".ts"))
            .flatMap((name) => [
                ...readFileSync(join(root, name), "utf8").matchAll(
                    /new ((?:k8s|cloudflare|grafana|remote|local)\.[\w.]+)\(/g,
                ),
            ])
            .map(([, made = ""]) => made)
            .filter((made) => !made.endsWith(".Provider"));
        assert.ok(made.length > 15, made.join());
        const classes = knownTypes.map((type) => type.split(":").at(-1));
        assert.deepEqual(
            made.filter((each) => !classes.includes(each.split(".").at(-1))),
            [],
        );
    });
});
