import { spawn } from "node:child_process";
import { once } from "node:events";
import {
    cpSync,
    existsSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundledEngine } from "../../lab/engine-choice";
import { cacheRoot, project } from "../../lab/paths";
import { inNamespace } from "../../lab/shell";

const scenarios = join(project, "tests", "conformance");

/** What one run of an engine did, in the terms of the recorder `tests/conformance/record.mjs`. */
export interface Run {
    readonly exit: number | null;
    readonly began: string[];
    readonly ended: string[];
    readonly failed: string[];
    readonly summary: Record<string, number>;
    readonly errors: string[];
}

export interface StateEntry {
    readonly urn: string;
    readonly parent?: string;
    readonly provider?: string;
    readonly dependencies: readonly string[];
}

export interface ScenarioStep {
    readonly step: string;
    readonly preview: Run;
    readonly update: Run;
    readonly state: StateEntry[];
    readonly pending: number;
}

/** What Pulumi's own engine did. */
export function expectedSteps(scenario: string): ScenarioStep[] {
    const file = join(scenarios, scenario, "expected.json");
    return (JSON.parse(readFileSync(file, "utf8")) as { steps: ScenarioStep[] }).steps;
}

/** Where an engine runs: on this machine, or inside the lab's network with its cluster. */
export interface Place {
    /** @default false */
    readonly insideLab?: boolean;
    readonly env?: Readonly<Record<string, string>>;
}

/** Runs a scenario's programs one after the other on one stack of the bundled engine; returns the same record. */
export async function runScenario(scenario: string, place: Place = {}): Promise<ScenarioStep[]> {
    const work = mkdtempSync(join(tmpdir(), "engine-test-"));
    try {
        layOut(work);
        const files = readdirSync(join(scenarios, scenario)).filter((file) => /^\d/.test(file));
        const steps: ScenarioStep[] = [];
        for (const file of files.sort()) {
            const destroy = file.endsWith(".destroy");
            if (!destroy) {
                cpSync(join(scenarios, scenario, file), join(work, "index.ts"));
            }
            const up = ["up", "--yes", "--skip-preview"];
            const flags = {
                preview: destroy ? ["destroy", "--preview-only"] : ["preview"],
                update: destroy ? ["destroy", ...up.slice(1)] : up,
            };
            const preview = (await runEngine(work, flags.preview, place)).run;
            const update = (await runEngine(work, flags.update, place)).run;
            const step = file.replace(/\.ts$/, "");
            steps.push({ step, preview, update, ...readStateFile(work) });
        }
        return steps;
    } finally {
        rmSync(work, { recursive: true, force: true });
    }
}

/** A Pulumi project named `conformance` in an empty folder; its program is still to be put there. */
export function layOut(folder: string): void {
    symlinkSync(join(project, "node_modules"), join(folder, "node_modules"));
    const runtime = "runtime:\n  name: nodejs\n  options: { tsconfig: tsconfig.json }\n";
    writeFileSync(join(folder, "Pulumi.yaml"), `name: conformance\n${runtime}`);
    writeFileSync(join(folder, "package.json"), '{"name":"conformance","main":"index.ts"}');
    const module = { module: "nodenext", moduleResolution: "nodenext", rootDir: "." };
    const compilerOptions = { noCheck: true, target: "es2022", ...module };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
}

/** Runs the engine's command line in a project folder; steps go one at a time, so that their order can be compared. */
export async function runEngine(
    folder: string,
    flags: readonly string[],
    { insideLab = false, env = {} }: Place = {},
): Promise<{ readonly run: Run; readonly output: string }> {
    const log = join(folder, "events.json");
    rmSync(log, { force: true });
    const always = ["--stack", "dev", "--parallel", "1", "--event-log", log, "--non-interactive"];
    const [verb = "", ...more] = flags;
    const command = [...bundledEngine.args, verb, ...always, ...more];
    const [file, args] = insideLab
        ? inNamespace(bundledEngine.file, command)
        : [bundledEngine.file, command];
    const child = spawn(file, args, {
        cwd: folder,
        env: {
            ...process.env,
            NODE_COMPILE_CACHE: join(cacheRoot, "compile-cache"),
            PULUMI_BACKEND_URL: `file://${folder}/state`,
            PULUMI_CONFIG_PASSPHRASE: "test",
            ...env,
        },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
            output += text;
        });
    }
    const [exit] = (await once(child, "close")) as [number | null];
    const events = existsSync(log)
        ? readFileSync(log, "utf8")
              .split("\n")
              .filter(Boolean)
              .map((line) => JSON.parse(line) as LoggedEvent)
        : [];
    const steps = (key: "resourcePreEvent" | "resOutputsEvent" | "resOpFailedEvent") =>
        events.flatMap((event) => {
            const { op, urn } = event[key]?.metadata ?? {};
            return op === undefined || urn === undefined ? [] : [`${op} ${short(urn)}`];
        });
    const summary = events.find((event) => event.summaryEvent)?.summaryEvent?.resourceChanges;
    if (summary === undefined) {
        throw new Error(
            `the engine ended with ${exit ?? "a signal"} before its work was over:\n${output}`,
        );
    }
    const run: Run = {
        exit,
        began: steps("resourcePreEvent"),
        ended: steps("resOutputsEvent"),
        failed: steps("resOpFailedEvent"),
        summary,
        errors: events.flatMap(({ diagnosticEvent: told }) =>
            told?.severity === "error" ? [firstLines(told.message, folder)] : [],
        ),
    };
    return { run, output };
}

interface LoggedEvent {
    readonly resourcePreEvent?: { metadata: { op: string; urn: string } };
    readonly resOutputsEvent?: { metadata: { op: string; urn: string } };
    readonly resOpFailedEvent?: { metadata: { op: string; urn: string } };
    readonly summaryEvent?: { resourceChanges: Record<string, number> };
    readonly diagnosticEvent?: { severity: string; message: string };
}

const autoName = /-[0-9a-f]{8}(-[0-9a-z]{5,10}){0,2}\b/g;

function firstLines(message: string, folder: string): string {
    const lines = message.trim().split("\n").slice(0, 4).join("\n");
    return lines.replaceAll(folder, "PROJECT").replace(autoName, "-########");
}

function short(urn: string): string {
    return urn.split("::").slice(2).join("::");
}

/** The state as the engine left it on disk: nothing else knows which values are secret there. */
function readStateFile(folder: string): { state: StateEntry[]; pending: number } {
    const file = join(folder, "state", "rekindle-conformance-dev.json");
    const { resources, pending } = JSON.parse(readFileSync(file, "utf8")) as {
        resources: Record<string, never>[];
        pending: unknown[];
    };
    const text = (value: unknown) => (typeof value === "string" ? short(value) : undefined);
    const state = resources.map((entry) => {
        const { type, provider, dependencies, outputs, inputs, ...rest } = entry as Record<
            string,
            unknown
        >;
        const kubernetes = String(type).startsWith("kubernetes:");
        const reference = typeof provider === "string" ? provider.split("::").slice(0, -1) : [];
        return dropUndefined({
            urn: text(rest["urn"]) ?? "",
            custom: rest["custom"],
            protect: rest["protect"],
            retainOnDelete: rest["retainOnDelete"],
            parent: text(rest["parent"]),
            provider: provider === undefined ? undefined : short(reference.join("::")),
            dependencies: (dependencies as string[]).map(short),
            outputs: kubernetes ? undefined : nonEmpty(mask(outputs)),
            inputs: kubernetes ? mask(inputs) : undefined,
            initErrors: mask(rest["initErrors"]),
        });
    });
    return { state: state as StateEntry[], pending: pending.length };
}

/** Pulumi leaves an empty set of outputs out of its state. */
function nonEmpty(value: unknown): unknown {
    return Object.keys(value as object).length === 0 ? undefined : value;
}

function dropUndefined<T extends object>(entry: T): Partial<T> {
    return JSON.parse(JSON.stringify(entry)) as Partial<T>;
}

/** As the recorder does: only the fact that a value is secret is kept, and no auto-named suffix. */
function mask(value: unknown): unknown {
    if (typeof value === "string") {
        return value.replace(autoName, "-########");
    }
    if (Array.isArray(value)) {
        return value.map(mask);
    }
    if (typeof value !== "object" || value === null) {
        return value;
    }
    return "4dabf18193072939515e22adb298388d" in value
        ? "[secret]"
        : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mask(item)]));
}
