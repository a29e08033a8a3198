import type { Front } from "./in-front";

/** What each part of the stand-in internet can be told to do wrong. */
export const faultKinds = {
    "cloudflare-api": [
        "down",
        "slow",
        "stale",
        "429",
        "503",
        "401",
        "bad-cert",
        "not-yet-valid-cert",
    ],
    edge: ["down", "slow", "503", "bad-cert", "not-yet-valid-cert", "access", "challenge"],
    dns: ["down", "slow"],
    telegram: ["down", "slow", "429", "503", "401", "bad-cert", "not-yet-valid-cert"],
    grafana: ["down", "slow", "429", "503", "401"],
    uplink: ["down"],
} as const;
export type FaultTarget = keyof typeof faultKinds;
export type FaultKind = (typeof faultKinds)[FaultTarget][number];

export interface Fault {
    readonly target: FaultTarget;
    readonly kind: FaultKind;
    /** How long it lasts, in seconds. @default until cleared */
    readonly seconds?: number | undefined;
    /** How long `slow` holds back each answer, and how old lists are with `stale`, in seconds. @default 20; 3 for dns and for `stale` */
    readonly delay?: number | undefined;
    /** The hostname that `access` and `challenge` are in front of; `*.` may begin it. @default all of the zones */
    readonly host?: string | undefined;
}

/** Longer than the time-outs of those who ask: 10 s is usual for HTTP, 2 s for DNS. */
const usualDelay = { "cloudflare-api": 20, edge: 20, dns: 3, telegram: 20, grafana: 20 };
/** Longer than a second look at once; others' tools met such lists (cloudflare/terraform-provider-cloudflare#773). */
const usualStaleness = 3;

/** The faults in force, at most one per target: a new one replaces the one before. */
export class Faults {
    private readonly active = new Map<FaultTarget, Fault>();
    private readonly timers = new Map<FaultTarget, NodeJS.Timeout>();
    private readonly subscribers: (() => Promise<void>)[] = [];

    /** Calls `follow` at each change; the change counts as made when its promise has resolved. */
    onChange(follow: () => Promise<void>): void {
        this.subscribers.push(follow);
    }

    /** @throws when the target or the kind does not exist */
    async set(fault: Fault): Promise<void> {
        check(fault);
        this.stop(fault.target);
        this.active.set(fault.target, fault);
        if (fault.seconds !== undefined) {
            const timer = setTimeout(() => void this.clear(fault.target), fault.seconds * 1000);
            this.timers.set(fault.target, timer.unref());
        }
        await this.changed();
    }

    /** Ends the target's fault, or all when none is named. */
    async clear(target?: FaultTarget): Promise<void> {
        for (const each of target === undefined ? [...this.active.keys()] : [target]) {
            this.stop(each);
        }
        await this.changed();
    }

    kind(target: FaultTarget): FaultKind | undefined {
        return this.active.get(target)?.kind;
    }

    /** What is in front of a hostname, so that its tunnel is not asked. */
    front(hostname: string): Front | undefined {
        const { kind, host = "*" } = this.active.get("edge") ?? {};
        const covers = host.startsWith("*") ? hostname.endsWith(host.slice(1)) : hostname === host;
        return covers && (kind === "access" || kind === "challenge") ? kind : undefined;
    }

    list(): Fault[] {
        return [...this.active.values()];
    }

    /** Resolves at once, or after the delay when the target is told to be slow. */
    async slowness(target: keyof typeof usualDelay): Promise<void> {
        const fault = this.active.get(target);
        if (fault?.kind === "slow") {
            const seconds = fault.delay ?? usualDelay[target];
            await new Promise((resolve) => setTimeout(resolve, seconds * 1000).unref());
        }
    }

    /** How old the API's lists are, in milliseconds. */
    staleness(): number {
        const fault = this.active.get("cloudflare-api");
        return fault?.kind === "stale" ? (fault.delay ?? usualStaleness) * 1000 : 0;
    }

    private stop(target: FaultTarget): void {
        clearTimeout(this.timers.get(target));
        this.timers.delete(target);
        this.active.delete(target);
    }

    private async changed(): Promise<void> {
        await Promise.all(this.subscribers.map((follow) => follow()));
    }
}

function check({ target, kind }: Fault): void {
    // Both come from outside, over the control socket.
    const kinds = (faultKinds as Record<string, readonly string[] | undefined>)[target];
    if (kinds === undefined) {
        const targets = Object.keys(faultKinds).join(", ");
        throw new Error(`There is no fault target "${target}": use one of ${targets}.`);
    }
    if (!kinds.includes(kind)) {
        throw new Error(`${target} has no fault "${kind}": use one of ${kinds.join(", ")}.`);
    }
}
