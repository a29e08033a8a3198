import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { labCa } from "../../lab/ca";
import { cloudflareUrl, pis } from "../../lab/facts";
import { internetClient } from "../../lab/internet-client";
import { insideArgs } from "../../lab/network";
import { project } from "../../lab/paths";
import { piProcess, powerCut, powerOn } from "../../lab/pi";
import { labSecrets } from "../../lab/secrets";
import { kube, outcome, until, verb } from "./lab";

const internet = internetClient();
const site = "https://git.home.example/";
const connectors = ["-A", "-l", "app.kubernetes.io/name=cloudflared"];

interface PodList {
    items: {
        metadata: { name: string; namespace: string };
        status: {
            conditions?: { type: string; status: string }[];
            initContainerStatuses?: {
                restartCount: number;
                state: { running?: { startedAt: string }; terminated?: { message?: string } };
            }[];
        };
    }[];
}
const pods = async () =>
    (JSON.parse(await kube("get", "pods", ...connectors, "-o", "json")) as PodList).items;

/** What a pod's init container has said so far; nothing before it began. */
async function initLog({ name, namespace }: { name: string; namespace: string }): Promise<string> {
    return kube("logs", "-n", namespace, name, "-c", "dns").catch(() => "");
}

/** The connectors' pods start again, all at once, as after a power cut. @returns what their init containers left */
async function restartConnectors(): Promise<{ result: string }[]> {
    const before = (await pods()).map(({ metadata }) => metadata.name);
    await kube("delete", "pods", ...connectors);
    const ready = await until("two new connectors Ready", 240, async () => {
        const fresh = (await pods()).filter(({ metadata, status: { conditions = [] } }) => {
            const ready = conditions.find(({ type }) => type === "Ready");
            return !before.includes(metadata.name) && ready?.status === "True";
        });
        return fresh.length === 2 ? fresh : undefined;
    });
    return ready.map(
        ({ status }) =>
            JSON.parse(status.initContainerStatuses?.[0]?.state.terminated?.message ?? "{}") as {
                result: string;
            },
    );
}

/** The strict caller, as Pulumi's command runs it in the house. */
async function prune(): Promise<{ exit: number; output: string }> {
    const target = (await internet.records()).find(({ name }) => name === "git.home.example");
    const maps = JSON.parse(await kube("get", "configmaps", "-A", "-o", "json")) as {
        items: { data?: Record<string, string> }[];
    };
    const wanted =
        maps.items.find(({ data }) => data?.["hosts.json"] !== undefined)?.data?.["hosts.json"] ??
        "";
    const [file, args] = insideArgs(process.execPath, ["components/scripts/dns.mjs", "prune"]);
    const { certFile } = await labCa();
    const child = spawn(file, args, {
        cwd: project,
        env: {
            ...process.env,
            NODE_EXTRA_CA_CERTS: certFile,
            CLOUDFLARE_BASE_URL: cloudflareUrl,
            CLOUDFLARE_API_TOKEN: labSecrets().dnsToken,
            DNS_TARGET: target?.content ?? "",
        },
    });
    child.stdin.end(wanted);
    return outcome(child);
}

async function answersOk(): Promise<true | undefined> {
    const answer = await internet.visit(site);
    return "status" in answer && answer.status === 200 ? true : undefined;
}

describe("while Cloudflare's API fails", () => {
    afterEach(async () => {
        await internet.clearFaults();
    });

    // One of each kind: tests/scripts/dns-outages has all that the script itself can see.
    const cases = [
        ["401", "denied", 3, /answered 401: .*Check the API token, its permissions and zones/],
        [
            "slow",
            "unavailable",
            4,
            /no answer in time.*There is a route: see www\.cloudflarestatus\.com/,
        ],
    ] as const;
    for (const [kind, result, exit, sentence] of cases) {
        it(`${kind}: pods that start serve the site; the strict command exits ${exit} and says why`, async () => {
            await verb("fault", "cloudflare-api", kind);
            const [left, strict] = await Promise.all([restartConnectors(), prune()]);
            assert.deepEqual(
                left.map((each) => each.result),
                [result, result],
            );
            await until("the site", 30, answersOk);
            assert.equal(strict.exit, exit, strict.output);
            // One sentence that says why, and the line for programs.
            const [said = "", summary, ...more] = strict.output.trim().split("\n");
            assert.match(said, sentence);
            assert.equal((JSON.parse(summary ?? "") as { result: string }).result, result);
            assert.deepEqual(more, []);
        });
    }
});

describe("a power cut while the uplink is down", () => {
    after(async () => {
        await internet.clearFaults();
        await Promise.all(pis.map(powerOn));
    });

    it("the connectors' pods wait for it without a restart, and serve soon after its return", async () => {
        await Promise.all(pis.map(powerCut));
        assert.ok(pis.every((pi) => piProcess(pi) === undefined));
        await verb("fault", "uplink", "down");
        await Promise.all(pis.map(powerOn));
        const waiting = async () => {
            const inits = (await pods()).map(({ status }) => status.initContainerStatuses?.[0]);
            return inits.length === 2 && inits.every((init) => init?.state.running)
                ? inits.map((init) => init?.restartCount)
                : undefined;
        };
        const restarts = await until("both init containers running", 120, async () =>
            waiting().catch(() => undefined),
        );
        // Twelve minutes were watched by hand. One that would end by itself does so in its first tries.
        await until(
            "both to have waited for 20 s",
            60,
            async () =>
                (await pods()).every(({ status: { initContainerStatuses = [] } }) => {
                    const since = initContainerStatuses[0]?.state.running?.startedAt;
                    return since !== undefined && Date.now() - Date.parse(since) > 20_000;
                }) || undefined,
        );
        assert.deepEqual(await waiting(), restarts);
        assert.equal(await answersOk(), undefined);
        const begun = Date.now();
        await verb("fault", "clear", "uplink");
        await until("the site", 60, answersOk);
        console.log(
            `        served ${((Date.now() - begun) / 1000).toFixed(0)} s after the uplink's return`,
        );
    });

    it("a clock that is behind counts as no route: they wait, and serve once it is right", async () => {
        // Seen from the pods, the same: every certificate lies in the future.
        await verb("fault", "cloudflare-api", "not-yet-valid-cert");
        await kube("delete", "pods", ...connectors);
        const logs = await until("the reason in both logs", 60, async () => {
            const texts = await Promise.all(
                (await pods()).map(async ({ metadata }) => initLog(metadata)),
            );
            const told = texts.filter((text) =>
                text.includes("the certificate is not valid yet. This machine's clock says"),
            );
            return told.length === 2 ? told : undefined;
        });
        assert.ok(logs.every((text) => !text.includes('"mode":"ensure"')));
        await verb("fault", "clear");
        await until("the site", 90, answersOk);
    });
});
