import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { alertingOf } from "../config/alerting";
import type { Values } from "../config/schema";
import { seenInFront } from "../lab/cloudflare/in-front";
import { run } from "../lab/shell";
import { askJson, login } from "./ask-json";
import { listRecords, listTunnels } from "./cloudflare-calls";
import { visitable } from "./hostnames";
import type { Ask, House, Pi, StackRun } from "./house";

/** What drills need to know of a home's stack, secrets in plain: it never leaves this process but in files that only its owner reads. */
export interface HomeStack {
    readonly name: string;
    readonly values: Values;
    readonly alerting: ReturnType<typeof alertingOf>;
    pulumi(command: "up" | "destroy"): Promise<StackRun>;
    unreadable(): Promise<readonly string[]>;
    /** What of it is protected, by name. @default nothing */
    kept?(): Promise<readonly string[]>;
}

/** Asks whoever stands in front of the Pis, and returns when they have answered. */
export type AskOperator = (question: string) => Promise<void>;

/**
 * A real home, seen from the operator's computer: `ssh` and `kubectl` are the programs that people have there.
 * @param ask the operator switches the power
 */
export function homeHouse(stack: HomeStack, ask: AskOperator): House & { close(): void } {
    const { values, alerting } = stack;
    const folder = mkdtempSync(join(tmpdir(), "rekindle-drill-"));
    const file = (name: string, text: string) => {
        writeFileSync(join(folder, name), text, { mode: 0o600 });
        return join(folder, name);
    };
    const nodes = values.nodes.filter(({ away }) => !away);
    const kubeconfig = file("kubeconfig", values.kubeconfig);
    const key = file("key", values.sshPrivateKey ?? "");
    const known = file("known_hosts", nodes.map(knownHost).join(""));
    const cloudflare = (token: string) =>
        askJson(values.cloudflareUrl, { authorization: `Bearer ${token}` });
    const grafana = alerting?.grafana
        ? askJson(alerting.grafana.url.replace(/\/$/, ""), {
              ...login(values.grafanaAuth ?? ""),
              "x-disable-provenance": "disabled",
          })
        : undefined;
    const names = (pis: readonly Pi[]) => pis.map(({ name }) => name).join(", ");
    return {
        where: "home",
        stack: stack.name,
        pis: nodes.map(({ name, address, role }) => ({ name, address, role })),
        tunnelName: values.tunnel.name,
        hostnames: visitable(values.routes),
        rested: ["container images that the Pis had before"],
        ssh: async ({ name }, script) => {
            const node = nodes.find((one) => one.name === name);
            const options = [`UserKnownHostsFile=${known}`, "StrictHostKeyChecking=yes"];
            const quick = ["BatchMode=yes", "ConnectTimeout=5", "LogLevel=ERROR"];
            const target = `${node?.user ?? "pi"}@${node?.address ?? name}`;
            return run(
                "ssh",
                [
                    ...["-i", key, "-p", String(node?.port ?? 22)],
                    ...[...options, ...quick].flatMap((option) => ["-o", option]),
                    ...[target, "--", "sudo", "-n", "sh", "-s"],
                ],
                { input: script },
            );
        },
        kube: async (...args) =>
            run("kubectl", ["--kubeconfig", kubeconfig, "--request-timeout=5s", ...args]),
        visit,
        tunnels: async () =>
            listTunnels(cloudflare(values.cloudflareToken), values.accountId, values.tunnel.name),
        records: async () => listRecords(cloudflare(values.dnsToken), values.zones),
        pulumi: async (command) => stack.pulumi(command),
        cutPower: async (pis) => ask(`Pull the plug of ${names(pis)}, then press Enter.`),
        awaitPower: async () =>
            ask(
                "Put the plugs back, and press Enter in the same moment: the time runs from there.",
            ),
        givePower: async () => Promise.resolve(),
        grafana,
        muteWatchdog: async (seconds) => {
            const { workersSubdomain } = alerting?.heartbeat ?? {};
            if (workersSubdomain === undefined) {
                return Date.now() + seconds * 1000;
            }
            const worker = `https://rekindle-${stack.name}.${workersSubdomain}.workers.dev`;
            const authorization = `Bearer ${values.heartbeatSecret ?? ""}`;
            return askJson(worker, { authorization })<number>("POST", "/mute", seconds);
        },
        heard: async (_canary, since) => sentSince(grafana, since),
        // The chat cannot be read with the bot's token; Grafana itself says that it kept the alert back.
        brokeThrough: async () => Promise.resolve(false),
        unreadable: async () => stack.unreadable(),
        kept: async () => (await stack.kept?.()) ?? [],
        begin: async () => Promise.resolve(),
        undo: async () => Promise.resolve(),
        lostData: async () => Promise.resolve([]),
        close: () => {
            rmSync(folder, { recursive: true });
        },
    };
}

function knownHost({ address, port, hostKey }: Values["nodes"][number]): string {
    // As ssh looks it up.
    const host = port === 22 ? address : `[${address}]:${port}`;
    return `${host} ${hostKey}\n`;
}

/** As a stranger; no redirect is followed: it is an answer of the house. */
async function visit(url: string): Promise<number | string> {
    try {
        const signal = AbortSignal.timeout(5000);
        const answer = await fetch(url, { redirect: "manual", signal, cache: "no-store" });
        await answer.body?.cancel();
        return seenInFront(answer.status, Object.fromEntries(answer.headers)) ?? answer.status;
    } catch (error) {
        const { cause, message } = error as Error;
        return cause instanceof Error ? cause.message : message;
    }
}

interface Receiver {
    readonly integrations: readonly {
        readonly name: string;
        readonly lastNotifyAttempt: string;
        readonly lastNotifyAttemptError?: string;
    }[];
}

/** Whether Telegram has taken a message of Grafana's since then: Grafana notes the last attempt of each contact point. */
async function sentSince(grafana: Ask | undefined, since: number): Promise<boolean> {
    const path = "/api/alertmanager/grafana/config/api/v1/receivers";
    const receivers = (await grafana?.<readonly Receiver[]>("GET", path)) ?? [];
    return receivers
        .flatMap(({ integrations }) => integrations)
        .some(
            ({ name, lastNotifyAttempt, lastNotifyAttemptError = "" }) =>
                name === "telegram" &&
                Date.parse(lastNotifyAttempt) >= since &&
                lastNotifyAttemptError === "",
        );
}
