// Stands in for kube-state-metrics, in a pod of the lab: what the alerts ask for, read from the real API at each scrape.

import { readFileSync } from "node:fs";
import Fastify from "fastify";
import { metricsOf, type Objects } from "./metrics";
import { targetsOf } from "./targets";

const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const paths = {
    nodes: "/api/v1/nodes",
    pods: "/api/v1/pods",
    deployments: "/apis/apps/v1/deployments",
    jobs: "/apis/batch/v1/jobs",
} as const;

/** What was there when the API last answered: the real one keeps a copy too, and goes on telling it. */
let last: Objects = { nodes: [], pods: [], deployments: [], jobs: [] };

async function ask(): Promise<Objects> {
    const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "" } = process.env;
    // Kubernetes renews it.
    const token = readFileSync(`${account}/token`, "utf8");
    const lists = Object.entries(paths).map(async ([kind, path]) => {
        const answer = await fetch(`https://${host}:${port}${path}`, {
            headers: { authorization: `Bearer ${token}` },
            signal: AbortSignal.timeout(5_000),
        });
        if (!answer.ok) {
            throw new Error(`${path}: ${answer.status}`);
        }
        const { items } = (await answer.json()) as { items: unknown[] };
        return [kind, items] as const;
    });
    return Object.fromEntries(await Promise.all(lists)) as unknown as Objects;
}

/** @returns what there is, or was when the API last answered */
async function read(): Promise<Objects> {
    try {
        last = await ask();
    } catch (error) {
        console.error(`the API did not answer: ${String(error)}`);
    }
    return last;
}

async function main(): Promise<void> {
    const app = Fastify();
    app.get("/metrics", async (_request, reply) =>
        reply.type("text/plain; version=0.0.4").send(metricsOf(await read())),
    );
    for (const [job, targets] of Object.entries(targetsOf)) {
        app.get(`/targets/${job}`, async () => targets(await read()));
    }
    await app.listen({ host: "0.0.0.0", port: 8080 });
    process.on("SIGTERM", () => process.exit(0));
}

void main();
