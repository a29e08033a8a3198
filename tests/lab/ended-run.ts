import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "../../lab/paths";
import { stackPlace } from "../../lab/stack-place";
import { kube, outcome, until } from "./lab";

interface Logged {
    readonly resourcePreEvent?: {
        readonly metadata: { readonly op: string; readonly urn: string };
    };
}

/** Begins a command of the lab, in a process group of its own. @returns how it ends, and what ends it */
export function begin(...args: string[]) {
    const child = spawn("sh", ["lab/run.sh", ...args], { cwd: project, detached: true });
    const ended = outcome(child);
    return {
        ended,
        end: (signal: "SIGKILL" | "SIGINT") => process.kill(-(child.pid ?? 0), signal),
    };
}

/** Waits until Pulumi begins a step, such as `create` of `kubernetes:apps/v1:Deployment`. */
export async function begun(op: string, type: string): Promise<true> {
    const log = join(stackPlace().stateFolder, "events.json");
    return until(`${op} ${type} to begin`, 180, async () => {
        const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n").slice(0, -1) : [];
        const steps = lines.map((line) => (JSON.parse(line) as Logged).resourcePreEvent?.metadata);
        const found = steps.some((step) => step?.op === op && step.urn.includes(`${type}::`));
        return Promise.resolve(found || undefined);
    });
}

/** The tunnel's own objects of a kind in the cluster, by name. */
export async function tunnelObjects(kind: string): Promise<string[]> {
    const names = await kube("get", kind, "-A", "-o", "name");
    return names.split("\n").filter((each) => /\/tunnel-/.test(each));
}
