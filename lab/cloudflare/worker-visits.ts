import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import type { WorkerStore } from "./worker-store";

/** The Worker that a host below workers.dev names; undefined for any other host. */
export function workerName(host: string, domain: string): string | undefined {
    return host.endsWith(`.${domain}`) ? host.slice(0, -domain.length - 1) : undefined;
}

/** What a Worker answers to a visitor. @returns undefined when there is none, or it is not to be seen on workers.dev */
export async function workerAnswer(
    request: IncomingMessage,
    name: string,
    store: WorkerStore,
): Promise<Response | undefined> {
    const { method = "GET", headers, url = "/" } = request;
    const body = await buffer(request);
    const sent = new Request(`https://${headers.host ?? ""}${url}`, {
        method,
        headers: Object.entries(headers).flatMap(([key, value]): [string, string][] =>
            // Of this one connection, and made anew for the next.
            ["connection", "transfer-encoding", "content-length"].includes(key)
                ? []
                : [[key, String(value)]],
        ),
        ...(["GET", "HEAD"].includes(method) ? {} : { body: Uint8Array.from(body) }),
    });
    return store.scripts.get(name)?.subdomain === true
        ? store.workers.dispatch(name, sent)
        : undefined;
}
