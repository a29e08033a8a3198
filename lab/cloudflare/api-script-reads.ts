import type { FastifyInstance } from "fastify";
import { success } from "./envelope";
import type { Deployment } from "./worker-store";

type Find = (request: { readonly params: { readonly name: string } }) => Deployment;
interface Route {
    readonly Params: { name: string };
}

/** Serves what a Worker is made of; a secret's text never comes back. */
export function scriptReads(app: FastifyInstance, find: Find): void {
    app.get<Route>("/workers/scripts/:name/settings", (request) => {
        const { bindings, compatibilityDate } = find(request);
        return success({
            compatibility_date: compatibilityDate,
            bindings: bindings.map((binding) =>
                binding.type === "secret_text"
                    ? { name: binding.name, type: binding.type }
                    : binding,
            ),
        });
    });
    app.get<Route>("/workers/scripts/:name/content/v2", async (request, reply) => {
        const { mainModule, content } = find(request);
        const form = new FormData();
        const type = "application/javascript+module";
        form.set(mainModule, new Blob([content], { type }), mainModule);
        const { headers, body } = new Response(form);
        return reply
            .headers({ "content-type": headers.get("content-type") ?? "" })
            .send(Buffer.from(await new Response(body).arrayBuffer()));
    });
}
