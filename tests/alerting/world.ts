import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createSocket, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Alert } from "../../components/alert";
import { ruleGroups } from "../../components/grafana-rules";
import { telegramMessage, telegramTemplate } from "../../components/telegram-message";
import { Faults } from "../../lab/cloudflare/faults";
import { startGrafana } from "../../lab/grafana/grafana";
import { grafanaPackage } from "../../lab/providers/grafana/package";
import type { Values } from "../../lab/providers/values";
import { startBotApi } from "../../lab/telegram/bot-api";
import { Chats, type Message } from "../../lab/telegram/chats";
import { runbooks, tools } from "./promtool";

const auth = "admin:pass";
const token = "1:secret";
const chat = { id: -1001, type: "supergroup", title: "Home" } as const;

/** Metrics as an exporter prints them: each series with its value. */
export type Metrics = Readonly<Record<string, number>>;

/**
 * Prometheus, Alertmanager, the stand-ins for Grafana and Telegram, and an exporter that says what a test wants; the alerts are put there
 * as the program puts them, at the pace of a rehearsal.
 */
export async function startWorld(alerts: readonly Alert[]) {
    const { prometheus, "prometheus-alertmanager": alertmanager } = await tools();
    const folder = mkdtempSync(join(tmpdir(), "rekindle-alerting-"));
    let metrics: Metrics = {};
    const exporter = createServer((_request, response) => {
        const lines = Object.entries(metrics).map(([series, value]) => `${series} ${value}\n`);
        response.setHeader("content-type", "text/plain; version=0.0.4").end(lines.join(""));
    }).listen(0, "127.0.0.1");
    await once(exporter, "listening");
    const ports = [await freePort(), await freePort(), await freePort()];
    const [prometheusPort = 0, alertmanagerPort = 0, relay = 0] = ports;
    const config = {
        global: { scrape_interval: "1s" },
        scrape_configs: [
            {
                ...{ job_name: "test", honor_labels: true },
                static_configs: [{ targets: [`127.0.0.1:${portOf(exporter)}`] }],
            },
        ],
    };
    writeFileSync(join(folder, "prometheus.json"), JSON.stringify(config));
    const server = spawn(prometheus, [
        `--config.file=${join(folder, "prometheus.json")}`,
        `--storage.tsdb.path=${join(folder, "tsdb")}`,
        `--web.listen-address=127.0.0.1:${prometheusPort}`,
    ]);
    const ended = once(server, "exit");
    const chats = new Chats([chat]);
    const bots = await startBotApi({
        ...{ host: "127.0.0.1", port: 0, token: () => token, chats, faults: new Faults() },
    });
    const grafana = await startGrafana({
        ...{ data: join(folder, "grafana"), auth, alertmanager, host: "127.0.0.1", port: 0 },
        prometheus: `http://127.0.0.1:${prometheusPort}`,
        telegram: `http://127.0.0.1:${bots.port}`,
        inner: { relay, alertmanager: alertmanagerPort },
        faults: new Faults(),
    });
    await provision(grafana.url, alerts);
    return {
        grafana,
        /** The texts of what arrived, each with whether it made a sound. */
        messages: (): readonly Message[] => chats.messages,
        set: (wanted: Metrics) => {
            metrics = wanted;
        },
        close: async () => {
            await Promise.all([grafana.close(), bots.close()]);
            server.kill("SIGKILL");
            exporter.close();
            await ended;
            rmSync(folder, { recursive: true });
        },
    };
}

/** Puts them there as the stand-in of the Grafana provider does for the program. */
async function provision(url: string, alerts: readonly Alert[]): Promise<void> {
    const provider = grafanaPackage.configure({ url, auth });
    const create = async (type: string, inputs: Values) => {
        const about = { urn: "", type: `grafana:${type}`, name: "n" };
        const say = { status: () => undefined, info: () => undefined };
        await provider.create({ ...about, ...say, signal: new AbortController().signal }, inputs);
    };
    await create("oss/folder:Folder", { title: "Rekindle", uid: "rekindle" });
    const template = { name: "telegram", template: telegramTemplate };
    await create("alerting/messageTemplate:MessageTemplate", template);
    for (const [name, disableNotifications] of [
        ["loud", false],
        ["silent", true],
    ] as const) {
        const telegram = { token, chatId: String(chat.id), parseMode: "HTML" };
        await create("alerting/contactPoint:ContactPoint", {
            name,
            telegrams: [{ ...telegram, message: telegramMessage, disableNotifications }],
        });
    }
    const groups = ruleGroups(alerts, {
        ...{ pace: "rehearsal", datasourceUid: "prometheus", runbooks },
        contactPoints: { loud: "loud", silent: "silent", heartbeat: "loud" },
    });
    for (const group of groups) {
        // The way is tried here, not the wait.
        const rules = group.rules.map((rule) => ({ ...rule, for: "0s" }));
        const inputs = JSON.parse(JSON.stringify({ ...group, rules })) as Values;
        await create("alerting/ruleGroup:RuleGroup", { folderUid: "rekindle", ...inputs });
    }
}

async function freePort(): Promise<number> {
    const socket = createSocket().listen(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address() as AddressInfo;
    await new Promise((resolve) => socket.close(resolve));
    return port;
}

function portOf(server: Server): number {
    return (server.address() as AddressInfo).port;
}
