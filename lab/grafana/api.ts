import Fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { Faults } from "../cloudflare/faults";
import { found, newUid } from "./api-answers";
import { contactPoints, policies, templates } from "./api-notifications";
import { rules } from "./api-rules";
import { receivers, silences } from "./api-silences";
import type { Attempts } from "./relay";
import type { GrafanaStore } from "./store";
import { Refusal } from "./validate";

export interface Datasource {
    readonly uid: string;
    readonly type: string;
    readonly url: string;
}

export interface GrafanaApiOptions {
    readonly store: GrafanaStore;
    /** USER:PASSWORD of the administrator. */
    readonly auth: string;
    /** Provisioned by file, as a homelab's own Grafana has them. */
    readonly datasources: readonly Datasource[];
    readonly faults: Faults;
    /** Where the real Alertmanager beside it is; Grafana's own has the same API under another path. */
    readonly alertmanager: string;
    /** How notifications went. @default none yet */
    readonly attempts?: Attempts;
}

/** Answered without a login. */
const open: readonly string[] = ["/api/health", "/metrics"];

/**
 * The stand-in for Grafana's HTTP API: folders, data sources and the alerting provisioning API, with the statuses, shapes and
 * refusals of Grafana 12. Any other call is answered 404.
 */
export function grafanaApi({
    store,
    auth,
    datasources,
    faults,
    alertmanager,
    attempts = new Map(),
}: GrafanaApiOptions): FastifyInstance {
    const app = Fastify({ forceCloseConnections: true });
    app.addHook("onRequest", async ({ url }) => {
        await faults.slowness("grafana");
        const status = Number(faults.kind("grafana"));
        if (status > 0 && !(status === 401 && open.includes(url))) {
            throw new Refusal(status, "the lab was told to answer this");
        }
    });
    app.addHook("onRequest", (request, reply, next) => {
        const login = `Basic ${Buffer.from(auth).toString("base64")}`;
        if (open.includes(request.url) || request.headers.authorization === login) {
            next();
            return;
        }
        void reply.code(401).send({ message: "Invalid username or password" });
    });
    app.removeContentTypeParser("application/json");
    app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
        done(null, body === "" ? undefined : JSON.parse(String(body)));
    });
    app.setErrorHandler(async (error: Error, _request, reply) => {
        const status = error instanceof Refusal ? error.status : 500;
        return reply.code(status).send({ message: error.message });
    });
    app.setNotFoundHandler(async (request, reply) =>
        reply.code(404).send({ message: `Not found: ${request.method} ${request.url}` }),
    );

    app.get("/api/health", () => ({ database: "ok", version: "12.4.3 (the lab's stand-in)" }));
    app.get("/api/datasources", () => datasources);
    app.get<{ Params: { uid: string } }>("/api/datasources/uid/:uid", ({ params }) =>
        found(
            datasources.find(({ uid }) => uid === params.uid),
            "Data source not found",
        ),
    );
    folders(app, store);
    templates(app, store);
    contactPoints(app, store);
    policies(app, store);
    const uids = datasources.map(({ uid }) => uid);
    rules(app, store, uids);
    silences(app, alertmanager);
    receivers(app, store, attempts);
    return app;
}

function folders(app: FastifyInstance, store: GrafanaStore): void {
    type ByUid = FastifyRequest<{ Params: { uid: string }; Querystring: Record<string, string> }>;
    const find = (uid: string) =>
        found(
            store.all.folders.find((folder) => folder.uid === uid),
            "folder not found",
        );
    const view = (uid: string) => ({ id: 1, ...find(uid), url: `/dashboards/f/${uid}` });
    app.post("/api/folders", (request) => {
        const { uid = newUid(), title } = request.body as { uid?: string; title: string };
        if (store.all.folders.some((folder) => folder.uid === uid)) {
            throw new Refusal(412, "The folder has been changed by someone else");
        }
        store.change((kept) => kept.folders.push({ uid, title }));
        return view(uid);
    });
    app.get("/api/folders/:uid", ({ params }: ByUid) => view(params.uid));
    app.put("/api/folders/:uid", ({ params: { uid }, body }: ByUid) => {
        find(uid);
        const { title } = body as { title: string };
        store.change((kept) => {
            kept.folders = kept.folders.map((one) => (one.uid === uid ? { uid, title } : one));
        });
        return view(uid);
    });
    app.delete("/api/folders/:uid", ({ params: { uid }, query }: ByUid) => {
        find(uid);
        const inside = store.all.rules.filter(({ folderUID }) => folderUID === uid);
        if (inside.length > 0 && query["forceDeleteRules"] !== "true") {
            throw new Refusal(400, "folder cannot be deleted: it contains alert rules");
        }
        store.change((kept) => {
            kept.folders = kept.folders.filter((one) => one.uid !== uid);
            kept.rules = kept.rules.filter(({ folderUID }) => folderUID !== uid);
        });
        return { message: "Folder deleted" };
    });
}
