import multipart from "@fastify/multipart";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import * as z from "zod";
import { scriptReads } from "./api-script-reads";
import { notPermitted } from "./auth";
import { ApiError, read, success } from "./envelope";
import { newId } from "./store";
import type { Deployment, WorkerStore } from "./worker-store";

const metadataSchema = z.object({
    main_module: z.string(),
    compatibility_date: z.iso.date(),
    bindings: z
        .array(
            z.discriminatedUnion("type", [
                z.strictObject({
                    type: z.enum(["plain_text", "secret_text"]),
                    name: z.string(),
                    text: z.string(),
                }),
                z.strictObject({
                    type: z.literal("kv_namespace"),
                    name: z.string(),
                    namespace_id: z.string(),
                }),
            ]),
        )
        .default([]),
});
const title = z.object({ title: z.string().min(1).max(512) });
const schedules = z.array(z.object({ cron: z.string() }));
const subdomain = z.object({ enabled: z.boolean(), previews_enabled: z.boolean().optional() });

type Named = FastifyRequest<{ Params: { account: string; name: string } }>;
interface ByName {
    readonly params: { readonly name: string };
}
type WithId = FastifyRequest<{ Params: { account: string; id: string } }>;

export interface WorkerRouteOptions {
    readonly workers: WorkerStore;
    /** The only account there is. */
    readonly accountId: string;
}

/** Workers, their crons and addresses, and KV namespaces of the one account: below /accounts/:account. */
export function workerRoutes({ workers, accountId }: WorkerRouteOptions): FastifyPluginAsync {
    return async (app) => {
        await app.register(multipart, { attachFieldsToBody: "keyValues" });
        app.addHook("onRequest", (request: Named, _reply, next) => {
            const { token, params } = request;
            next(
                token.workers !== true || params.account !== accountId ? notPermitted() : undefined,
            );
        });
        const script = ({ params: { name } }: ByName): Deployment => {
            const found = workers.scripts.get(name);
            if (found === undefined) {
                throw new ApiError(404, 10007, "This Worker does not exist on your account.");
            }
            return found;
        };

        app.put("/workers/scripts/:name", async (request: Named) => {
            const parts = (request.body ?? {}) as Readonly<Record<string, unknown>>;
            const metadata = parse(metadataSchema, jsonOf(parts["metadata"]));
            // A part with a file name is a file, one without is a text.
            const part = parts[metadata.main_module];
            const content = Buffer.isBuffer(part) ? part.toString() : part;
            if (typeof content !== "string") {
                throw new ApiError(400, 10021, `No such module "${metadata.main_module}".`);
            }
            const missing = metadata.bindings.find(
                (one) => one.type === "kv_namespace" && !workers.namespaces.has(one.namespace_id),
            );
            if (missing !== undefined) {
                throw new ApiError(400, 10041, `KV namespace of "${missing.name}" not found.`);
            }
            const { name } = request.params;
            await workers.setScript(name, {
                ...{ crons: [], subdomain: false },
                ...workers.scripts.get(name),
                mainModule: metadata.main_module,
                content,
                compatibilityDate: metadata.compatibility_date,
                bindings: metadata.bindings,
            });
            return success({ id: name, etag: newId(), handlers: ["fetch", "scheduled"] });
        });
        app.delete("/workers/scripts/:name", async (request: Named) => {
            script(request);
            await workers.removeScript(request.params.name);
            return success(null);
        });
        scriptReads(app, script);
        app.get("/workers/scripts/:name/schedules", (request: Named) =>
            success({ schedules: script(request).crons.map((cron) => ({ cron })) }),
        );
        app.put("/workers/scripts/:name/schedules", async (request: Named) => {
            const list = parse(schedules, request.body);
            await workers.setScript(request.params.name, {
                ...script(request),
                crons: list.map(({ cron }) => cron),
            });
            return success({ schedules: list });
        });
        app.get("/workers/scripts/:name/subdomain", (request: Named) =>
            success({ enabled: script(request).subdomain, previews_enabled: false }),
        );
        app.post("/workers/scripts/:name/subdomain", async (request: Named) => {
            const { enabled, previews_enabled = false } = parse(subdomain, request.body);
            await workers.setScript(request.params.name, {
                ...script(request),
                subdomain: enabled,
            });
            return success({ enabled, previews_enabled });
        });
        app.delete("/workers/scripts/:name/subdomain", async (request: Named) => {
            await workers.setScript(request.params.name, { ...script(request), subdomain: false });
            return success({ enabled: false, previews_enabled: false });
        });

        const namespaces = "/storage/kv/namespaces";
        const view = (id: string) => {
            const found = workers.namespaces.get(id);
            if (found === undefined) {
                throw new ApiError(404, 10013, "get namespace: 'namespace not found'");
            }
            return success({ id, title: found, supports_url_encoding: true });
        };
        const assertFree = (wanted: string, own?: string) => {
            if ([...workers.namespaces].some(([id, each]) => each === wanted && id !== own)) {
                const message = "a namespace with this account ID and title already exists";
                throw new ApiError(400, 10014, `create namespace: '${message}'`);
            }
        };
        app.get(namespaces, () =>
            success(
                [...workers.namespaces].map(([id, name]) => ({
                    ...{ id, title: name, supports_url_encoding: true },
                })),
            ),
        );
        app.post(namespaces, (request) => {
            const wanted = parse(title, request.body);
            assertFree(wanted.title);
            const id = newId();
            workers.setNamespace(id, wanted.title);
            return view(id);
        });
        app.get(`${namespaces}/:id`, (request: WithId) => view(request.params.id));
        app.put(`${namespaces}/:id`, (request: WithId) => {
            const { id } = request.params;
            view(id);
            const wanted = parse(title, request.body);
            assertFree(wanted.title, id);
            workers.setNamespace(id, wanted.title);
            return view(id);
        });
        app.delete(`${namespaces}/:id`, (request: WithId) => {
            view(request.params.id);
            workers.removeNamespace(request.params.id);
            return success({});
        });
    };
}

const parse = <T extends z.ZodType>(schema: T, body: unknown) =>
    read(schema, body, 10021, "Invalid request");

/** A part that says it is JSON was read already. */
function jsonOf(part: unknown): unknown {
    if (typeof part !== "string" && !Buffer.isBuffer(part)) {
        return part;
    }
    try {
        return JSON.parse(part.toString());
    } catch {
        return undefined;
    }
}
