import { existsSync, readFileSync } from "node:fs";
import { writeKept } from "../kept-file";
import type { Script, Workers } from "./workers";

/** A script as it was uploaded, and what was set for it since. */
export interface Deployment extends Script {
    readonly crons: readonly string[];
    /** Whether it answers on workers.dev. */
    readonly subdomain: boolean;
}

interface Kept {
    readonly namespaces: readonly (readonly [string, string])[];
    readonly scripts: readonly (readonly [string, Deployment])[];
}

/** The account's Workers and KV namespaces, in memory, and in a file when one is given; `workers` runs what it holds. */
export class WorkerStore {
    /** Titles by id. */
    readonly namespaces = new Map<string, string>();
    readonly scripts = new Map<string, Deployment>();

    /** @param file where each change is kept (mode 0600: secrets), so that a restart goes on from there */
    constructor(
        readonly workers: Workers,
        private readonly file?: string,
    ) {}

    /** Starts what an earlier process had. */
    async restore(): Promise<void> {
        if (this.file === undefined || !existsSync(this.file)) {
            return;
        }
        const kept = JSON.parse(readFileSync(this.file, "utf8")) as Kept;
        kept.namespaces.forEach(([id, title]) => this.namespaces.set(id, title));
        for (const [name, script] of kept.scripts) {
            await this.setScript(name, script);
        }
    }

    async setScript(name: string, script: Deployment): Promise<void> {
        const before = this.scripts.get(name);
        this.scripts.set(name, script);
        if (before?.content !== script.content || before.bindings !== script.bindings) {
            await this.workers.deploy(name, script);
        }
        this.workers.schedule(name, script.crons);
        this.save();
    }

    async removeScript(name: string): Promise<void> {
        this.scripts.delete(name);
        await this.workers.remove(name);
        this.save();
    }

    setNamespace(id: string, title: string): void {
        this.namespaces.set(id, title);
        this.save();
    }

    removeNamespace(id: string): void {
        this.namespaces.delete(id);
        this.save();
    }

    private save(): void {
        const kept: Kept = { namespaces: [...this.namespaces], scripts: [...this.scripts] };
        writeKept(this.file, kept);
    }
}
