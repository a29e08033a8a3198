import type { KubeConfig } from "@kubernetes/client-node";
import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import type { Value, Values } from "../../values";
import { textField } from "./kinds";
import type { Kubeconfig } from "./kubeconfig";

/** An answer of the API server that is not a success. */
export class ApiError extends Error {
    constructor(
        message: string,
        readonly status: number,
        /** Kubernetes' own word for it, e.g. `AlreadyExists`. */
        readonly reason: string,
        /** What it is about, e.g. `namespaces`; empty when the server does not say. */
        readonly about: string,
    ) {
        super(message);
    }
}

interface Call {
    readonly query?: Readonly<Record<string, string | undefined>>;
    readonly body?: Value;
    readonly contentType?: string;
    readonly signal?: AbortSignal;
}

export interface WatchEvent {
    readonly type: string;
    readonly object: Values;
}

/** How long the API server may take to say that it is there, in milliseconds. */
const probeTime = 3000;
/** How long any other answer may take, in milliseconds: a node that went away never says so. */
const answerTime = 30_000;

/**
 * Plain JSON over HTTPS, with the address and credentials of a kubeconfig. Objects pass through untouched: a typed client would
 * drop the fields it does not know.
 */
export class ClusterClient {
    #config: Promise<KubeConfig> | undefined;
    #reachable: Promise<string | undefined> | undefined;

    constructor(private readonly kubeconfig: Kubeconfig) {}

    /** Why the API server cannot be reached, or undefined when it can; asked once. */
    async unreachable(): Promise<string | undefined> {
        // Loading the library is not the server's time.
        this.#config ??= load(this.kubeconfig);
        await this.#config.catch(() => undefined);
        this.#reachable ??= this.request("GET", "/version", {
            signal: AbortSignal.timeout(probeTime),
        }).then(
            () => undefined,
            (error: unknown) => (error instanceof Error ? error.message : String(error)),
        );
        return this.#reachable;
    }

    /** @throws ApiError for an answer that is not a success, and whatever the connection throws */
    async request(method: string, path: string, call: Call = {}): Promise<Values> {
        const limit = AbortSignal.timeout(answerTime);
        const signal = call.signal ? AbortSignal.any([call.signal, limit]) : limit;
        const response = await this.#send(method, path, { ...call, signal });
        const answer = JSON.parse(await text(response)) as Values;
        assertSuccess(response, answer);
        return answer;
    }

    /** Calls `seen` with each event until the server ends the watch or `signal` does. */
    async watch(path: string, call: Call, seen: (event: WatchEvent) => void): Promise<void> {
        const query = { ...call.query, watch: "true", timeoutSeconds: "300" };
        const response = await this.#send("GET", path, { ...call, query });
        if (response.statusCode !== 200) {
            assertSuccess(response, JSON.parse(await text(response)) as Values);
        }
        for await (const line of createInterface(response)) {
            seen(JSON.parse(line) as WatchEvent);
        }
    }

    async #send(method: string, path: string, call: Call): Promise<http.IncomingMessage> {
        this.#config ??= load(this.kubeconfig);
        const config = await this.#config;
        const server = config.getCurrentCluster()?.server;
        if (server === undefined) {
            throw new Error("the kubeconfig names no cluster for its current context.");
        }
        const url = new URL(server.replace(/\/$/, "") + path);
        for (const [key, value] of Object.entries(call.query ?? {})) {
            if (value !== undefined) {
                url.searchParams.set(key, value);
            }
        }
        const options: https.RequestOptions = { method, headers: { accept: "application/json" } };
        await config.applyToHTTPSOptions(options);
        const { contentType = "application/json", signal } = call;
        const send = url.protocol === "http:" ? http.request : https.request;
        const request = send(url, {
            ...options,
            ...(signal ? { signal } : {}),
            headers: {
                ...(options.headers as http.OutgoingHttpHeaders),
                ...(call.body === undefined ? {} : { "content-type": contentType }),
            },
        });
        request.end(call.body === undefined ? undefined : JSON.stringify(call.body));
        const [response] = (await once(request, "response")) as [http.IncomingMessage];
        return response;
    }
}

/** Loaded when the first call is due: the library takes most of a second, and many runs make none. */
async function load({ source }: Kubeconfig): Promise<KubeConfig> {
    const { KubeConfig } = await import("@kubernetes/client-node");
    const config = new KubeConfig();
    if ("file" in source) {
        config.loadFromFile(source.file);
    } else {
        config.loadFromString(source.text);
    }
    return config;
}

function assertSuccess(response: http.IncomingMessage, answer: Values): void {
    const status = response.statusCode ?? 0;
    if (status >= 400) {
        throw new ApiError(
            textField(answer, "message") || `HTTP ${status}`,
            status,
            textField(answer, "reason"),
            textField(answer, "details", "kind"),
        );
    }
}
