import { KubeConfig } from "@kubernetes/client-node";
import { once } from "node:events";
import { existsSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import type { Value, Values } from "../../values";
import { textField } from "./kinds";

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

/**
 * Plain JSON over HTTPS, with the address and credentials of a kubeconfig. Objects pass through untouched: a typed client would
 * drop the fields it does not know.
 */
export class ClusterClient {
    readonly #config: KubeConfig;
    #reachable: Promise<string | undefined> | undefined;

    /** @param kubeconfig its text, or the path of a file; undefined means the usual places (KUBECONFIG, ~/.kube/config) */
    constructor(kubeconfig: string | undefined) {
        this.#config = new KubeConfig();
        if (kubeconfig === undefined) {
            this.#config.loadFromDefault();
        } else if (existsSync(kubeconfig)) {
            this.#config.loadFromFile(kubeconfig);
        } else {
            this.#config.loadFromString(kubeconfig);
        }
    }

    /** The address and the certificate authority of the cluster. */
    get cluster(): readonly unknown[] {
        const { server, caData, caFile } = this.#config.getCurrentCluster() ?? {};
        return [server, caData, caFile];
    }

    get namespace(): string {
        return (
            this.#config.getContextObject(this.#config.getCurrentContext())?.namespace ?? "default"
        );
    }

    /** Why the API server cannot be reached, or undefined when it can; asked once. */
    async unreachable(): Promise<string | undefined> {
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
        const response = await this.#send(method, path, call);
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
        const server = this.#config.getCurrentCluster()?.server;
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
        await this.#config.applyToHTTPSOptions(options);
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
