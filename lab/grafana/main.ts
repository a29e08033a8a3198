// The stand-in for Grafana, as it runs in a pod of the lab.
//
//   node grafana.cjs    Environment: GRAFANA_AUTH_FILE (USER:PASSWORD in it), PROMETHEUS_URL, DATA (a folder that stays)

import { readFileSync } from "node:fs";
import Fastify from "fastify";
import { Faults, type Fault } from "../cloudflare/faults";
import { startGrafana, type Grafana } from "./grafana";

const faults = new Faults();
let running: Grafana | undefined;
let isToRun = true;

/** Starts it or ends it, as the lab wants it. */
async function follow(): Promise<void> {
    isToRun = faults.kind("grafana") !== "down";
    if (isToRun) {
        running ??= await start();
    } else {
        await running?.close();
        running = undefined;
    }
}

async function start(): Promise<Grafana> {
    const {
        GRAFANA_AUTH_FILE = "",
        PROMETHEUS_URL: prometheus = "",
        DATA: data = "",
    } = process.env;
    const auth = readFileSync(GRAFANA_AUTH_FILE, "utf8").trim();
    const grafana = await startGrafana({
        ...{ data, auth, prometheus, host: "0.0.0.0", port: 3000, faults },
        telegram: "https://api.telegram.org",
        alertmanager: "prometheus-alertmanager",
        inner: { relay: 3001, alertmanager: 9093 },
    });
    void grafana.ended.then(() => {
        if (isToRun) {
            // Kubernetes starts the container again.
            process.exit(1);
        }
    });
    return grafana;
}

/** Where the lab says what is broken; it stays when Grafana itself is down. */
async function control(): Promise<void> {
    const app = Fastify();
    let last = Promise.resolve();
    faults.onChange(async () => {
        last = last.then(follow);
        await last;
    });
    app.put<{ Body: { fault?: Fault } }>("/fault", async ({ body: { fault } }) => {
        await (fault === undefined ? faults.clear() : faults.set(fault));
        return {};
    });
    await app.listen({ host: "0.0.0.0", port: 3002 });
}

async function main(): Promise<void> {
    process.on("SIGTERM", () => {
        isToRun = false;
        void Promise.resolve(running?.close()).then(() => process.exit(0));
    });
    await follow();
    await control();
    console.log("the stand-in for Grafana is up");
}

main().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
});
