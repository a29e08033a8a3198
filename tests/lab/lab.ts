import assert from "node:assert/strict";
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { runningHouse } from "../../lab/house";
import { internetClient } from "../../lab/internet-client";
import { kubectl } from "../../lab/kubectl";
import { project, reportFile } from "../../lab/paths";
import type { Report } from "../../lab/report";
import { committedConfig } from "../../lab/stack";

export { until } from "../wait";

/** What a command of the lab printed, how it ended, and the report it left. */
export interface Ran {
    readonly exit: number;
    readonly output: string;
    readonly report: Report;
}

/** Runs a command as a person does: `npm run …`, by the same script. */
export async function rekindle(...args: string[]): Promise<Ran> {
    return rekindleWith({}, ...args);
}

/** The same, and does something as soon as it prints what is awaited. @throws when it ends without */
export async function rekindleUntil(
    said: RegExp,
    then: () => Promise<unknown>,
    ...args: string[]
): Promise<Ran> {
    const child = spawn("sh", ["lab/run.sh", ...args], { cwd: project });
    let text = "";
    let done: Promise<unknown> | undefined;
    child.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (said.test(text)) {
            done ??= then();
        }
    });
    const { exit, output } = await outcome(child);
    assert.ok(done, `it never said ${said.source}:\n${output}`);
    await done;
    return { exit, output, report: JSON.parse(readFileSync(reportFile, "utf8")) as Report };
}

/** The same with additions to its environment. */
export async function rekindleWith(
    env: Readonly<Record<string, string>>,
    ...args: string[]
): Promise<Ran> {
    const { exit, output } = await npmRun(args, env);
    return { exit, output, report: JSON.parse(readFileSync(reportFile, "utf8")) as Report };
}

/** Runs any npm script of the lab, also one that leaves no report. */
export async function npmRun(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
): Promise<{ exit: number; output: string }> {
    const all = { ...process.env, ...env };
    return outcome(spawn("sh", ["lab/run.sh", ...args], { cwd: project, env: all }));
}

/** One of the lab's verbs, its answer as a program reads it. @throws when it fails, with what it printed */
export async function verb<T>(...args: string[]): Promise<T> {
    const { exit, output } = await npmRun(["lab", ...args, "--json"]);
    assert.equal(exit, 0, output);
    return JSON.parse(output) as T;
}

/** kubectl on the lab's cluster; its output. */
export async function kube(...args: string[]): Promise<string> {
    return kubectl(runningHouse().k3s, args);
}

/** Everything that a child prints, and how it ends. */
export async function outcome(
    child: ChildProcessWithoutNullStreams,
): Promise<{ exit: number; output: string }> {
    let output = "";
    const add = (text: Buffer) => {
        output += text.toString();
    };
    child.stdout.on("data", add);
    child.stderr.on("data", add);
    const exit = await new Promise<number>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => {
            resolve(code ?? 1);
        });
    });
    return { exit, output };
}

type Config = Record<string, unknown> & {
    "rekindle:routes": {
        hostname: string;
        service: string;
        path?: string;
        originRequest?: object;
    }[];
    "rekindle:nodes": { name: string; volume: { drive: string; size: string } }[];
    "rekindle:tunnel": {
        name: string;
        replicas: number;
        import?: string;
        healthHostname?: string;
        protocol?: string;
        tolerations?: object[];
        nodeSelector?: Record<string, string>;
    };
    "rekindle:alerts": object;
    "rekindle:images": { cloudflared: string; node: string };
};

/** A copy of Pulumi.dev.yaml with a change, as if somebody had edited it; the committed file stays as it is. */
export function editedConfig(edit: (config: Config) => void): string {
    const stack = parse(readFileSync(committedConfig, "utf8")) as { config: Config };
    edit(stack.config);
    const file = join(mkdtempSync(join(tmpdir(), "rekindle-")), "Pulumi.dev.yaml");
    writeFileSync(file, stringify(stack));
    return file;
}

/** A message of the house, as its first line tells it: `🔥 K3sDataLow 1 firing`. */
export interface Told {
    readonly alert: string;
    readonly is: "firing" | "resolved";
    readonly text: string;
    readonly silent: boolean;
}

/** What Grafana has told the chat since a moment, oldest first; a message that tells both kinds counts as two. */
export async function toldSince(count: number): Promise<Told[]> {
    const messages = (await internetClient().messages()).slice(count);
    return messages.flatMap(({ text, silent }) => {
        const [, alert = "", counts = ""] = /^\S+ (\w+) (.+)$/m.exec(text) ?? [];
        return (["firing", "resolved"] as const)
            .filter((is) => counts.includes(is))
            .map((is) => ({ alert, is, text, silent }));
    });
}
