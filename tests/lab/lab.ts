import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { project, reportFile } from "../../lab/paths";
import type { Report } from "../../lab/report";
import { committedConfig } from "../../lab/stack";

/** What a command of the lab printed, how it ended, and the report it left. */
export interface Ran {
    readonly exit: number;
    readonly output: string;
    readonly report: Report;
}

/** Runs a command as a person does: `npm run …`, by the same script. */
export async function rekindle(...args: string[]): Promise<Ran> {
    const child = spawn("sh", ["lab/run.sh", ...args], { cwd: project });
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
    return { exit, output, report: JSON.parse(readFileSync(reportFile, "utf8")) as Report };
}

type Config = Record<string, unknown> & {
    "rekindle:routes": { hostname: string; service: string }[];
};

/** A copy of Pulumi.dev.yaml with a change, as if somebody had edited it; the committed file stays as it is. */
export function editedConfig(edit: (config: Config) => void): string {
    const stack = parse(readFileSync(committedConfig, "utf8")) as { config: Config };
    edit(stack.config);
    const file = join(mkdtempSync(join(tmpdir(), "rekindle-")), "Pulumi.dev.yaml");
    writeFileSync(file, stringify(stack));
    return file;
}
