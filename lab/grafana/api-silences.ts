import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Attempts } from "./relay";
import type { GrafanaStore } from "./store";

const path = "/api/alertmanager/grafana/api/v2";

/** Alerts and silences: the real Alertmanager's own answers, but for the status with which Grafana takes a silence. */
export function silences(app: FastifyInstance, alertmanager: string): void {
    const pass = async ({ method, url, body }: FastifyRequest, reply: FastifyReply) => {
        const answer = await fetch(`${alertmanager}/api/v2${url.slice(path.length)}`, {
            method,
            ...(body === undefined || body === null
                ? {}
                : {
                      body: JSON.stringify(body),
                      headers: { "content-type": "application/json" },
                  }),
        });
        const status = answer.status === 200 && method === "POST" ? 202 : answer.status;
        return reply
            .code(status)
            .type("application/json")
            .send(await answer.text());
    };
    app.get(`${path}/alerts`, pass);
    app.get(`${path}/silences`, pass);
    app.post(`${path}/silences`, pass);
    app.delete(`${path}/silence/:id`, pass);
}

/** The contact points, each with how its last notification went; of those to Telegram only. */
export function receivers(app: FastifyInstance, store: GrafanaStore, attempts: Attempts): void {
    app.get("/api/alertmanager/grafana/config/api/v1/receivers", () =>
        store.all.contactPoints.map(({ uid, name, type }) => {
            const last = attempts.get(uid);
            return {
                name,
                active: true,
                integrations: [
                    {
                        name: type,
                        sendResolved: true,
                        // Go's zero time until there is one.
                        lastNotifyAttempt: last?.at.toISOString() ?? "0001-01-01T00:00:00.000Z",
                        ...(last?.error === undefined
                            ? {}
                            : { lastNotifyAttemptError: last.error }),
                    },
                ],
            };
        }),
    );
}
