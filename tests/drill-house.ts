import type { House } from "../drills/house";

/** A house of which nothing is asked but what a test gives it. */
export function houseOf(parts: Partial<House>): House {
    const absent = new Proxy({} as House, {
        get: (_target, name) => {
            throw new Error(`the test's house was asked for ${String(name)}`);
        },
    });
    const usual = {
        ...{ where: "lab", stack: "dev", pis: [], rested: [], hostnames: [] },
        ...{ tunnelName: "dev", grafana: undefined, undo: async () => Promise.resolve() },
        unreadable: async () => Promise.resolve([]),
    } as const;
    return Object.assign(Object.create(absent) as House, usual, parts);
}

/** What a house that is well does. */
export const well = {
    begin: async () => Promise.resolve(),
    kube: async () => Promise.resolve(""),
    tunnels: async () => Promise.resolve([]),
    records: async () => Promise.resolve([]),
    muteWatchdog: async (seconds: number) => Promise.resolve(Date.now() + seconds * 1000),
    lostData: async () => Promise.resolve([]),
    pulumi: async () => Promise.resolve({ ok: true, output: "", changes: 0 }),
};
