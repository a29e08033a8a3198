import { join } from "node:path";

/** Tests that lie in one folder and need the same things. */
export interface Group {
    readonly name: string;
    readonly folder: string;
    /** One line for people: what is tested, and what that needs. */
    readonly what: string;
    /** Milliseconds that one test may take. */
    readonly timeout: number;
    /** How many files run at a time, each in a process of its own. @default 1, in this process */
    readonly jobs?: number;
    /** Whether it needs root and the Debian packages of the lab's host. @default false */
    readonly host?: boolean;
    /** Makes what its files need, once for all that run at a time. */
    readonly prepare?: () => Promise<unknown>;
    /** Whether it runs Pulumi's engine, which is put together before its processes begin. @default false */
    readonly engine?: boolean;
    /** Whether `npm test -- quick` runs it: it needs neither root, nor the lab, nor anything compiled. @default false */
    readonly quick?: boolean;
}

/** The groups, in the order they run: the quick ones first. */
export const groups: readonly Group[] = [
    {
        name: "unit",
        folder: __dirname,
        what: "no root, no lab",
        timeout: 30_000,
        jobs: 2,
        quick: true,
    },
    {
        name: "scripts",
        folder: join(__dirname, "scripts"),
        what: "the program's scripts and commands against stand-ins; no root",
        timeout: 60_000,
        jobs: 2,
        quick: true,
    },
    {
        name: "providers",
        folder: join(__dirname, "providers"),
        what: "the lab's Pulumi, its stand-in providers, and the watch of workloads; compiled, no root",
        timeout: 120_000,
        jobs: 2,
        engine: true,
    },
    {
        name: "connector",
        folder: join(__dirname, "connector"),
        what: "the stand-in for cloudflared, compiled; no root",
        timeout: 60_000,
    },
    {
        name: "alerting",
        folder: join(__dirname, "alerting"),
        what: "every alert in Debian's Prometheus and Alertmanager; needs root",
        timeout: 240_000,
        jobs: 2,
        host: true,
        prepare: async () => (await import("./alerting/promtool.js")).tools(),
    },
    {
        name: "volume",
        folder: join(__dirname, "volume"),
        what: "pi-volume.sh on Debian hosts with a stand-in for k3s; needs root",
        timeout: 300_000,
        jobs: 2,
        host: true,
        prepare: async () => (await import("./volume/host.js")).prepareCards(),
    },
    {
        name: "lab",
        folder: join(__dirname, "lab"),
        what: "the whole house; needs root",
        timeout: 600_000,
        host: true,
    },
];

/** Groups that share nothing but the cache run side by side: those that compute beside one that mostly waits for hosts. */
export const lanes: readonly (readonly string[])[] = [["connector", "alerting"], ["volume"]];
