import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Faults } from "../cloudflare/faults";
import { alertmanagerConfig } from "./alertmanager-config";
import { grafanaApi } from "./api";
import { grafanaMetrics } from "./metrics";
import { telegramRelay, type Attempts } from "./relay";
import { Scheduler } from "./scheduler";
import { GrafanaStore } from "./store";

export interface GrafanaOptions {
    /** A folder that stays: the database, and Alertmanager's. */
    readonly data: string;
    /** USER:PASSWORD of the administrator. */
    readonly auth: string;
    readonly prometheus: string;
    /** Telegram's address, without a slash at its end. */
    readonly telegram: string;
    /** The real Alertmanager's program. */
    readonly alertmanager: string;
    /** 0 takes any free one. */
    readonly port: number;
    readonly host: string;
    /** The two that are for this process and Alertmanager only. */
    readonly inner: { readonly relay: number; readonly alertmanager: number };
    readonly faults: Faults;
}

export interface Grafana {
    readonly url: string;
    readonly store: GrafanaStore;
    /** Resolves when Alertmanager has ended. */
    readonly ended: Promise<unknown>;
    close(): Promise<void>;
}

/** Starts the stand-in for Grafana: its API and rule states here, notifications by a real Alertmanager beside it. */
export async function startGrafana(options: GrafanaOptions): Promise<Grafana> {
    const { data, auth, inner, faults } = options;
    const alertmanager = `http://127.0.0.1:${inner.alertmanager}`;
    mkdirSync(join(data, "templates"), { recursive: true });
    const store = new GrafanaStore(join(data, "grafana.json"));
    const attempts: Attempts = new Map();
    const relay = telegramRelay(store, options.telegram, attempts);
    const relayUrl = await relay.listen({ host: "127.0.0.1", port: inner.relay });
    writeConfig(store, data, relayUrl);
    const child = spawnAlertmanager(options);
    await answering(`${alertmanager}/-/ready`, child);
    let last = Promise.resolve();
    store.onChange(() => {
        writeConfig(store, data, relayUrl);
        last = last.then(async () => reload(alertmanager));
    });
    const datasources = [{ uid: "prometheus", type: "prometheus", url: options.prometheus }];
    const scheduler = new Scheduler({ store, datasources, alertmanager });
    const app = grafanaApi({ store, auth, datasources, faults, alertmanager, attempts });
    app.get("/metrics", async (_request, reply) =>
        reply.type("text/plain").send(await grafanaMetrics(scheduler, alertmanager)),
    );
    app.get("/api/lab/states", () => scheduler.states());
    const url = await app.listen({ host: options.host, port: options.port });
    const ended = once(child, "exit");
    return {
        ...{ url, store, ended },
        close: async () => {
            await Promise.all([app.close(), relay.close(), scheduler.close(), last]);
            child.kill("SIGTERM");
            await ended;
        },
    };
}

/** The configuration and the template files, as the database has them now. */
function writeConfig(store: GrafanaStore, data: string, relayUrl: string): void {
    const templates = join(data, "templates");
    for (const name of readdirSync(templates)) {
        rmSync(join(templates, name));
    }
    for (const { name, template } of store.all.templates) {
        writeFileSync(join(templates, `${name}.tmpl`), template);
    }
    const config = alertmanagerConfig(store, join(templates, "*.tmpl"), relayUrl);
    writeFileSync(join(data, "alertmanager.json"), JSON.stringify(config), { mode: 0o600 });
}

function spawnAlertmanager({ alertmanager, data, inner }: GrafanaOptions): ChildProcess {
    const args = [
        ...[`--config.file=${join(data, "alertmanager.json")}`],
        ...[`--storage.path=${join(data, "alertmanager")}`, "--cluster.listen-address="],
        `--web.listen-address=127.0.0.1:${inner.alertmanager}`,
        "--log.level=warn",
    ];
    return spawn(alertmanager, args, { stdio: "inherit" });
}

async function reload(alertmanager: string): Promise<void> {
    const answer = await fetch(`${alertmanager}/-/reload`, { method: "POST" }).catch(String);
    if (typeof answer === "string" || !answer.ok) {
        const why = typeof answer === "string" ? answer : await answer.text();
        console.error(`Alertmanager refused its configuration: ${why}`);
    }
}

/** @throws when the process ends instead */
async function answering(url: string, child: ChildProcess): Promise<void> {
    for (;;) {
        if (child.exitCode !== null) {
            throw new Error(`Alertmanager ended with ${child.exitCode}; see its log.`);
        }
        const answer = await fetch(url).catch(() => undefined);
        if (answer?.ok === true) {
            return;
        }
        await delay(100);
    }
}
