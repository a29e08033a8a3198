import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

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
