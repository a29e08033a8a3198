import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { TlsOptions } from "node:tls";
import Fastify, { type FastifyInstance, type FastifyServerFactory } from "fastify";
import { accountId as labAccount } from "../facts";
import { dnsRoutes } from "./api-dns";
import { tunnelRoutes } from "./api-tunnels";
import { workerRoutes } from "./api-workers";
import { zoneRoutes } from "./api-zones";
import { authenticate, type ApiToken } from "./auth";
import { Connections } from "./connections";
import { ApiError, failure, success } from "./envelope";
import { Faults } from "./faults";
import { listen } from "./listener";
import { cloudflareLimit, RateLimit, type RateLimitOptions } from "./rate-limit";
import { Store, type Zone } from "./store";
import type { WorkerStore } from "./worker-store";

declare module "fastify" {
    interface FastifyRequest {
        token: ApiToken;
    }
}

export interface ApiOptions {
    /** Asked at each request, with the zones that there are by then: both come and go. */
    readonly tokens: (zones: readonly Zone[]) => readonly ApiToken[];
    readonly zones: readonly Zone[];
    /** 0 takes any free port. */
    readonly port: number;
    /** @default 127.0.0.1 */
    readonly host?: string;
    /** Served as plain HTTP when left out. */
    readonly tls?: TlsOptions;
    /** @default the lab's account */
    readonly accountId?: string;
    /** @default a new one in memory */
    readonly store?: Store;
    /** @default nobody is connected */
    readonly connections?: Connections;
    /** @default there are no Workers */
    readonly workers?: WorkerStore;
    /** @default none, to be set through the result */
    readonly faults?: Faults;
    /** @default Cloudflare's own limit */
    readonly rateLimit?: RateLimitOptions;
}

/** What the API was asked, for people and tests to look at. */
export interface RecordedRequest {
    readonly time: string;
    readonly method: string;
    readonly path: string;
    readonly status: number;
    /** The token's name, never the token; null for a token that does not exist. */
    readonly token: string | null;
}

export interface Api {
    readonly url: string;
    readonly store: Store;
    readonly faults: Faults;
    /** The latest requests, oldest first. */
    readonly requests: RecordedRequest[];
    close(): Promise<void>;
}

const keptRequests = 10_000;

/**
 * Starts the stand-in for Cloudflare's API: tunnels, DNS records, zones, the check of a token.
 * Only the calls that the program and its scripts make are there; any other is answered 404 and says so.
 */
export async function startApi(options: ApiOptions): Promise<Api> {
    const { accountId = labAccount, faults = new Faults(), tls } = options;
    const store = options.store ?? new Store(options.zones);
    const connections = options.connections ?? new Connections(store);
    const limit = new RateLimit(options.rateLimit ?? cloudflareLimit);
    const requests: RecordedRequest[] = [];
    const serverFactory: FastifyServerFactory = (handler) =>
        tls ? createTlsServer(tls, handler) : createServer(handler);
    const app = Fastify({ serverFactory, routerOptions: { ignoreTrailingSlash: true } });

    app.decorateRequest("token");
    app.addHook("onRequest", async (request) => {
        await faults.slowness("cloudflare-api");
        throwFault(faults);
        request.token = authenticate(request.headers.authorization, options.tokens(store.zones));
        const wait = limit.take(request.token.name);
        if (wait !== undefined) {
            throw tooMany(wait);
        }
    });
    // Recorded before the answer leaves: who has an answer can rely on finding its request here.
    app.addHook("onSend", async (request, reply) => {
        requests.push({
            time: new Date().toISOString(),
            method: request.method,
            path: request.url,
            status: reply.statusCode,
            token: (request.token as ApiToken | undefined)?.name ?? null,
        });
        requests.splice(0, requests.length - keptRequests);
        return Promise.resolve();
    });
    answerErrors(app);
    acceptEmptyBodies(app);

    await app.register(
        async (v4) => {
            v4.get("/user/tokens/verify", () => success({ id: "lab", status: "active" }));
            zoneRoutes(v4, store);
            await v4.register(dnsRoutes(store, faults), { prefix: "/zones/:zone" });
            await v4.register(tunnelRoutes({ store, connections, accountId }), {
                prefix: "/accounts/:account/cfd_tunnel",
            });
            const { workers } = options;
            if (workers) {
                await v4.register(workerRoutes({ workers, accountId }), {
                    prefix: "/accounts/:account",
                });
            }
        },
        { prefix: "/client/v4" },
    );
    await app.ready();
    const host = options.host ?? "127.0.0.1";
    const endpoint = { host, port: options.port };
    const listener = await listen(app.server, endpoint, faults, "cloudflare-api");
    return {
        url: `${tls ? "https" : "http"}://${host}:${listener.port}/client/v4`,
        store,
        faults,
        requests,
        close: async () => {
            await listener.close();
            await app.close();
        },
    };
}

function throwFault(faults: Faults): void {
    switch (faults.kind("cloudflare-api")) {
        case "401":
            throw new ApiError(401, 10000, "Authentication error");
        case "429":
            throw tooMany(1);
        case "503":
            throw new ApiError(503, 10013, "Service unavailable: the lab's fault 503 is on");
        default:
    }
}

function tooMany(seconds: number): ApiError {
    const message = "Please wait and consider throttling your request speed";
    return new ApiError(429, 971, message, { "retry-after": String(seconds) });
}

function answerErrors(app: FastifyInstance): void {
    // The provider's client retries 409, 429 and 5xx ten times, up to four minutes, unless told not to.
    const retry = { "x-should-retry": "false" };
    app.setErrorHandler(async (error: Error & { statusCode?: number }, _request, reply) => {
        const known = error instanceof ApiError ? error : undefined;
        const status = known?.status ?? error.statusCode ?? 500;
        if (status === 500) {
            console.error("Cloudflare API stand-in:", error);
        }
        return reply
            .code(status)
            .headers({ ...retry, ...known?.headers })
            .send(failure(known?.code ?? 1000, error.message));
    });
    app.setNotFoundHandler(async (request, reply) => {
        const what = `No route for that URI: ${request.method} ${request.url} is not in the lab's stand-in`;
        return reply.code(404).headers(retry).send(failure(7000, what));
    });
}

/** Clients send `Content-Type: application/json` with an empty DELETE as well. */
function acceptEmptyBodies(app: FastifyInstance): void {
    app.removeContentTypeParser("application/json");
    app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
        try {
            done(null, body === "" ? undefined : JSON.parse(String(body)));
        } catch {
            done(new ApiError(400, 6007, "Malformed JSON in request body"));
        }
    });
}
