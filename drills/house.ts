import type { Canary } from "./canary";

/** A Pi as drills need it. */
export interface Pi {
    readonly name: string;
    readonly address: string;
    readonly role: "server" | "agent";
}

export interface Tunnel {
    readonly id: string;
    readonly name: string;
    readonly deleted: boolean;
    /** When each of its connections was opened, in milliseconds since 1970. */
    readonly connections: readonly number[];
}

/** A DNS record, as far as drills compare it. */
export interface DnsRecord {
    readonly id: string;
    readonly name: string;
    readonly type: string;
    readonly content: string;
    readonly comment?: string | null;
}

/** How a run of the stack ended. */
export interface StackRun {
    readonly ok: boolean;
    readonly output: string;
    /** Steps that changed something, or would. */
    readonly changes: number;
}

/**
 * A house that a drill runs on: the lab's, or a real home. Everything here is done from the operator's computer, as a person does it
 * at home: over SSH, by the Kubernetes API, by Cloudflare's API, and as a visitor from outside.
 */
export interface House {
    readonly where: "lab" | "home";
    readonly stack: string;
    readonly pis: readonly Pi[];
    /** The tunnel's name at Cloudflare. */
    readonly tunnelName: string;
    /** Public hostnames, without wildcards; once a drill has begun those that answered before, and the first one stands for the house. */
    readonly hostnames: readonly string[];
    /** What this house rests on that another would not have: preloaded images, stand-ins. */
    readonly rested: readonly string[];
    /** Runs a shell script as root on a Pi. @throws when the Pi does not answer or the script fails */
    ssh(pi: Pi, script: string): Promise<string>;
    /** @throws when kubectl fails */
    kube(...args: string[]): Promise<string>;
    /** As a visitor from outside. @returns the status, or why there was none */
    visit(url: string): Promise<number | string>;
    tunnels(): Promise<readonly Tunnel[]>;
    records(): Promise<readonly DnsRecord[]>;
    /** @param edit changes the stack's configuration for this run only */
    pulumi(command: "up" | "destroy", edit?: (config: Config) => void): Promise<StackRun>;
    /** Takes the power away from Pis; at home the operator is asked to. */
    cutPower(pis: readonly Pi[]): Promise<void>;
    /** At home the operator says when the power is about to come back; nothing to wait for in the lab. */
    awaitPower(): Promise<void>;
    /** Gives it back and does not wait for the Pis. */
    givePower(pis: readonly Pi[]): Promise<void>;
    /** Asks Grafana's HTTP API; undefined where the stack has no alerting. @throws when it does not answer with success */
    readonly grafana: Ask | undefined;
    /**
     * Asks the dead man's switch to keep quiet for so many seconds.
     * @returns when that ends, in milliseconds since 1970: as it says itself, or from now on where the stack has none
     * @throws when it does not
     */
    muteWatchdog(seconds: number): Promise<number>;
    /** Whether the canary has reached the chat since a moment (milliseconds since 1970). */
    heard(canary: Canary, since: number): Promise<boolean>;
    /** Whether the muted alert has, as far as this house can tell. */
    brokeThrough(canary: Canary, since: number): Promise<boolean>;
    /** What of state, configuration, secrets and program cannot be read without the cluster: one sentence each. */
    unreadable(): Promise<readonly string[]>;
    /** What the stack's state has under Pulumi's protection, by name: no `destroy` takes it away. @default nothing */
    kept?(): Promise<readonly string[]>;
    /** Notes that a drill begins, so that what it leaves is found should it not live to clean up. */
    begin(): Promise<void>;
    /** Undoes what drills broke and did not mend; nothing when there is none. */
    undo(): Promise<void>;
    /** What is not right with data that was written before: one sentence each. */
    lostData(): Promise<readonly string[]>;
}

export type Config = Record<string, unknown>;
export type Ask = <T>(method: string, path: string, body?: unknown) => Promise<T>;
