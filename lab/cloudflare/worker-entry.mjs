// Around a deployed Worker, inside workerd: gives it the lab's clock, and counts what it writes to KV as the free plan does. The Worker
// itself is unchanged; workers.ts adds it as the module `deployed`.

// @ts-expect-error: there is no such file
import deployed from "deployed";

/** @typedef {{ get(key: string): Promise<string | null>, put(key: string, value: string, options?: object): Promise<void>,
 *   delete(key: string): Promise<void> }} Store */
/** @typedef {Record<string, string | Store>} Bindings */

const real = Date.now.bind(Date);
let ahead = 0;
Date.now = () => real() + ahead;

/**
 * A put asks the stand-in first, which refuses it when the day's are used up.
 * @param {Store} store
 * @returns {Store}
 */
function counted(store) {
    return {
        get: (key) => store.get(key),
        delete: (key) => store.delete(key),
        put: async (key, value, options) => {
            const allowed = await fetch("http://kv-writes.lab/");
            if (!allowed.ok) {
                throw new Error("KV put() limit exceeded for the day.");
            }
            await store.put(key, value, options);
        },
    };
}

/** @param {Bindings} env */
function bindings(env) {
    return Object.fromEntries(
        Object.entries(env).map(([name, value]) => [
            name,
            typeof value === "string" ? value : counted(value),
        ]),
    );
}

export default {
    /**
     * @param {Request} request
     * @param {Bindings} env
     */
    async fetch(request, env) {
        const headers = new Headers(request.headers);
        ahead = Number(headers.get("x-lab-ahead"));
        headers.delete("x-lab-ahead");
        return deployed.fetch(new Request(request, { headers }), bindings(env));
    },

    /**
     * @param {{ scheduledTime: number, cron: string }} controller
     * @param {Bindings} env
     */
    async scheduled({ scheduledTime, cron }, env) {
        ahead = scheduledTime - real();
        await deployed.scheduled({ scheduledTime, cron }, bindings(env));
    },
};
