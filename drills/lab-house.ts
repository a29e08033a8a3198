import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { alertingOf } from "../config/alerting";
import { object } from "../config/schema";
import { seenInFront } from "../lab/cloudflare/in-front";
import { checkCounters } from "../lab/counter";
import { pis, workersDomain } from "../lab/facts";
import { askGrafana } from "../lab/house-grafana";
import { runningHouse } from "../lab/house";
import { internetClient } from "../lab/internet-client";
import { kubectl } from "../lab/kubectl";
import { project, reportFile } from "../lab/paths";
import { powerCut, powerOn } from "../lab/pi";
import type { Report } from "../lab/report";
import { labSecrets } from "../lab/secrets";
import { CommandError, run } from "../lab/shell";
import { piNamed, ssh } from "../lab/ssh";
import { committedConfig } from "../lab/stack";
import { stackConfig } from "../lab/stack-config";
import { projectName, stackName } from "../lab/stack-place";
import { visitable } from "./hostnames";
import { state, unreadable } from "./lab-readable";
import { protectedIn } from "./protected";
import type { Config, House, StackRun } from "./house";
import { promiseUndo, undoAll } from "../lab/undo";
import { labFaults, type LabFaults } from "./lab-faults";

const plain = object.pick({
    ...{ tunnel: true, routes: true },
    ...{ grafana: true, telegram: true, heartbeat: true, alerts: true },
});

/** The house on this machine, which can be broken in more ways than a real one. */
export type LabHouse = House & LabFaults;

/** @throws when the lab is not running */
export function labHouse(): LabHouse {
    const { k3s } = runningHouse();
    const internet = internetClient();
    const config = plain.parse(stackConfig());
    const alerting = alertingOf(config);
    return {
        ...labFaults(),
        where: "lab",
        stack: stackName,
        pis,
        tunnelName: config.tunnel.name,
        hostnames: visitable(config.routes),
        rested: [
            "container images preloaded on each card, but for the one that the seed's design fetches through its tunnel",
            "stand-ins: Cloudflare, cloudflared, Telegram, Grafana, k3s's process (Kubernetes itself is real)",
            "a power cut of nspawn hosts: their page cache survives it, and no firmware runs",
        ],
        ssh: async ({ name }, script) =>
            ssh(piNamed(name), ["sudo", "-n", "sh", "-s"], { input: script }),
        kube: async (...args) => kubectl(k3s, ["--request-timeout=5s", ...args]),
        visit: async (url) => {
            const answer = await internet.visit({ url, timeoutMs: 5000 });
            return "status" in answer
                ? (seenInFront(answer.status, answer.headers) ?? answer.status)
                : answer.error;
        },
        tunnels: async () =>
            (await internet.tunnels()).map(({ id, name, deleted_at: deleted, connections }) => ({
                ...{ id, name, deleted: deleted !== null },
                connections: connections.map(({ opened_at: opened }) => Date.parse(opened)),
            })),
        records: async () => internet.records(),
        pulumi: runStack,
        cutPower: async (some) => {
            promiseUndo({ kind: "power" });
            await Promise.all(some.map(async ({ name }) => powerCut(piNamed(name))));
        },
        awaitPower: async () => Promise.resolve(),
        givePower: async (some) => {
            for (const { name } of some) {
                // Whoever waits for the Pi sees that it does not come.
                powerOn(piNamed(name)).catch(() => undefined);
            }
            return Promise.resolve();
        },
        grafana: alerting?.grafana
            ? async <T>(method: string, path: string, body?: unknown) =>
                  askGrafana<T>(path, method, body as object | undefined, {
                      "x-disable-provenance": "disabled",
                  })
            : undefined,
        muteWatchdog: async (seconds) => {
            if (alerting?.heartbeat === undefined) {
                return Date.now() + seconds * 1000;
            }
            const url = `https://${projectName}-${stackName}.${workersDomain}/mute`;
            const headers = { authorization: `Bearer ${labSecrets().heartbeatSecret}` };
            const answer = await internet.visit({
                ...{ url, method: "POST", headers, body: String(seconds) },
            });
            if (!("status" in answer) || answer.status !== 200) {
                const why = "status" in answer ? String(answer.status) : answer.error;
                throw new Error(`The dead man's switch at ${url} cannot be muted: ${why}.`);
            }
            // The lab's Workers have a clock of their own, which people turn ahead.
            return Number(answer.body) - (await internet.workers()).ahead;
        },
        heard: async ({ heard }, since) => arrived(heard, since),
        brokeThrough: async ({ muted }, since) => arrived(muted, since),
        unreadable: async () => Promise.resolve(unreadable()),
        kept: async () => Promise.resolve(protectedIn(state())),
        begin: async () => {
            promiseUndo({ kind: "drill" });
            return Promise.resolve();
        },
        undo: async () => undoAll(),
        lostData: async () =>
            (await checkCounters())
                .filter(({ ok }) => !ok)
                .map(({ name, detail }) => `${name}: ${detail}`),
    };
}

/** Whether the chat got a message with this text since then. */
async function arrived(text: string, since: number): Promise<boolean> {
    return (await internetClient().messages()).some(
        (message) => Date.parse(message.time) >= since && message.text.includes(text),
    );
}

/** As a person does: `npm run up`. Its output is kept for whoever wants to know why it failed. */
async function runStack(
    command: "up" | "destroy",
    edit?: (config: Config) => void,
): Promise<StackRun> {
    const file = edit === undefined ? [] : ["--config-file", edited(edit)];
    const { ok, output } = await run("sh", ["lab/run.sh", command, ...file], { cwd: project }).then(
        (output) => ({ ok: true, output }),
        (error: unknown) => {
            if (!(error instanceof CommandError)) {
                throw error;
            }
            return { ok: false, output: error.output };
        },
    );
    const { steps } = JSON.parse(readFileSync(reportFile, "utf8")) as Report;
    const { create = 0, update = 0, replace = 0, delete: deleted = 0 } = steps ?? {};
    const changes = create + update + replace + deleted;
    return { ok, output, changes };
}

/** A copy of the committed configuration with a change. */
function edited(edit: (config: Config) => void): string {
    const stack = parse(readFileSync(committedConfig, "utf8")) as { config: Config };
    edit(stack.config);
    const file = join(mkdtempSync(join(tmpdir(), "rekindle-")), "Pulumi.dev.yaml");
    writeFileSync(file, stringify(stack));
    return file;
}
