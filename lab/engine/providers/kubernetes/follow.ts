import { setTimeout as delay } from "node:timers/promises";
import type { Values } from "../../values";
import { ApiError, type ClusterClient } from "./client";
import { items, textField } from "./kinds";

/** Milliseconds between two tries to follow an API server that is away. */
const reconnectTime = 500;

/** Which objects of a collection; as in the API's query. */
export interface Selector {
    readonly fieldSelector?: string;
    readonly labelSelector?: string;
}

/**
 * Follows a collection by listing and watching it.
 * @param decide is given the objects as they stand, first and after every change, and says whether that is enough
 * @returns true once it is enough, false when `signal` ends the wait
 */
export async function follow(
    client: ClusterClient,
    path: string,
    selector: Selector,
    signal: AbortSignal,
    decide: (objects: readonly Values[]) => boolean,
): Promise<boolean> {
    const ended = () => signal.aborted;
    while (!ended()) {
        try {
            if (await followOnce(client, path, selector, signal, decide)) {
                return true;
            }
        } catch (error) {
            // A watch that has grown too old is begun anew; any other refusal is for the caller.
            if (error instanceof ApiError && error.status !== 410 && error.status < 500) {
                throw error;
            }
            // The API server goes away for seconds when its node restarts it; a lost connection is no answer.
            await delay(reconnectTime, undefined, { signal }).catch(() => undefined);
        }
    }
    return false;
}

async function followOnce(
    client: ClusterClient,
    path: string,
    selector: Selector,
    signal: AbortSignal,
    decide: (objects: readonly Values[]) => boolean,
): Promise<boolean> {
    const query = { ...selector };
    const list = await client.request("GET", path, { query, signal });
    const objects = new Map(
        items(list["items"]).map((object) => [textField(object, "metadata", "name"), object]),
    );
    if (decide([...objects.values()])) {
        return true;
    }
    const enough = new AbortController();
    const call = {
        query: { ...query, resourceVersion: textField(list, "metadata", "resourceVersion") },
        signal: AbortSignal.any([signal, enough.signal]),
    };
    try {
        await client.watch(path, call, ({ type, object }) => {
            const name = textField(object, "metadata", "name");
            if (type === "ERROR") {
                throw new ApiError(textField(object, "message"), 410, "Expired", "");
            }
            if (type === "DELETED") {
                objects.delete(name);
            } else {
                objects.set(name, object);
            }
            if (decide([...objects.values()])) {
                enough.abort();
            }
        });
    } catch (error) {
        if (!enough.signal.aborted) {
            throw error;
        }
    }
    return enough.signal.aborted;
}
