import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { cacheRoot, project } from "../../lab/paths";
import { ensureEngine, type Engine } from "../../lab/pulumi/engine";

/** What one command of Pulumi did. */
export interface Run {
    readonly exit: number | null;
    /** The last step of each resource, by its name; `FAILED` behind one that failed. The stack and default providers stay out. */
    readonly steps: Readonly<Record<string, string>>;
    /** The first line of each error. */
    readonly errors: readonly string[];
    readonly output: string;
}

const sdks = {
    ...{ pulumi: "@pulumi/pulumi", command: "@pulumi/command" },
    ...{ cloudflare: "@pulumi/cloudflare", grafana: "@pulumiverse/grafana" },
};

type Outputs = Readonly<Record<string, unknown>>;

/** A Pulumi project in a folder of its own, on the real engine with the stand-in plugins. */
export class Project {
    readonly folder = mkdtempSync(join(tmpdir(), "rekindle-providers-"));

    private constructor(private readonly engine: Engine) {}

    /** @param program the text of its index.js; `pulumi`, `command`, `cloudflare` and `grafana` are imported */
    static async create(program: string): Promise<Project> {
        const made = new Project(await ensureEngine(() => undefined));
        const { folder } = made;
        symlinkSync(join(project, "node_modules"), join(folder, "node_modules"));
        const runtime = "runtime: { name: nodejs, options: { typescript: false } }\n";
        writeFileSync(join(folder, "Pulumi.yaml"), `name: test\n${runtime}`);
        writeFileSync(join(folder, "package.json"), '{"name":"test","main":"index.js"}');
        mkdirSync(join(folder, "state"));
        made.program(program);
        const { exit, output } = await made.run("stack", "init", "dev");
        assert.equal(exit, 0, output);
        return made;
    }

    program(text: string): void {
        // Each SDK takes its time to load.
        const used = Object.entries(sdks).filter(([name]) =>
            new RegExp(`\\b${name}\\.`).test(text),
        );
        const imports = used.map(([name, module]) => `const ${name} = require("${module}");`);
        writeFileSync(join(this.folder, "index.js"), [...imports, text].join("\n"));
    }

    async up(): Promise<Run> {
        return this.run("up", "--yes", "--skip-preview");
    }

    async preview(): Promise<Run> {
        return this.run("preview");
    }

    async destroy(): Promise<Run> {
        return this.run("destroy", "--yes", "--skip-preview");
    }

    async run(...args: string[]): Promise<Run> {
        return this.start(...args).run;
    }

    /** Starts a command; what it did is known once it has ended. */
    start(...args: string[]): { readonly child: ChildProcess; readonly run: Promise<Run> } {
        const log = join(this.folder, "events.json");
        rmSync(log, { force: true });
        const logged = args[0] === "stack" ? [] : ["--event-log", log];
        const child = spawn(this.engine.cli, [...args, "--non-interactive", ...logged], {
            cwd: this.folder,
            stdio: ["ignore", "pipe", "pipe"],
            env: this.environment(),
        });
        return { child, run: ended(child, log) };
    }

    /** Returns the state's outputs of each resource; a secret shows as `[secret]`. */
    outputs(): Readonly<Record<string, Outputs>> {
        const file = join(this.folder, "state/.pulumi/stacks/test/dev.json");
        const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as Checkpoint;
        return Object.fromEntries(
            (checkpoint.latest.resources ?? [])
                .filter(({ urn }) => isOwn(urn))
                .map(({ urn, outputs = {} }) => [nameOf(urn), mask(outputs) as Outputs]),
        );
    }

    remove(): void {
        rmSync(this.folder, { recursive: true, force: true });
    }

    private environment(): NodeJS.ProcessEnv {
        const bin = join(project, "node_modules/.bin");
        return {
            ...process.env,
            PATH: [bin, process.env["PATH"]].join(delimiter),
            PULUMI_HOME: this.engine.home,
            PULUMI_BACKEND_URL: `file://${this.folder}/state`,
            PULUMI_CONFIG_PASSPHRASE: "test",
            PULUMI_STACK: "dev",
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
            PULUMI_DEBUG_COMMANDS: "true",
            NODE_COMPILE_CACHE: join(cacheRoot, "compile-cache"),
        };
    }
}

async function ended(child: ChildProcess, log: string): Promise<Run> {
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding("utf8").on("data", (text: string) => {
            output += text;
        });
    }
    const [exit] = (await once(child, "close")) as [number | null];
    const events = existsSync(log) ? readFileSync(log, "utf8").split("\n").filter(Boolean) : [];
    const steps: Record<string, string> = {};
    const errors: string[] = [];
    for (const event of events.map((line) => JSON.parse(line) as LoggedEvent)) {
        const { resourcePreEvent, resOpFailedEvent, diagnosticEvent } = event;
        const { op = "", urn = "" } = (resOpFailedEvent ?? resourcePreEvent)?.metadata ?? {};
        if (isOwn(urn)) {
            steps[nameOf(urn)] = resOpFailedEvent === undefined ? op : `${op} FAILED`;
        }
        if (diagnosticEvent?.severity === "error") {
            const message = diagnosticEvent.message.replaceAll(/<\{[^}]*\}>/g, "");
            errors.push(message.trim().split("\n")[0] ?? "");
        }
    }
    return { exit, steps, errors, output };
}

interface LoggedEvent {
    readonly resourcePreEvent?: { metadata: { op: string; urn: string } };
    readonly resOpFailedEvent?: { metadata: { op: string; urn: string } };
    readonly diagnosticEvent?: { severity: string; message: string };
}

interface Checkpoint {
    readonly checkpoint: {
        readonly latest: { readonly resources?: readonly { urn: string; outputs?: Outputs }[] };
    };
}

function isOwn(urn: string): boolean {
    return urn !== "" && !/pulumi:pulumi:Stack::|::default_/.test(urn);
}

function nameOf(urn: string): string {
    return urn.split("::").at(-1) ?? "";
}

function mask(value: unknown): unknown {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return value;
    }
    return "4dabf18193072939515e22adb298388d" in value
        ? "[secret]"
        : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mask(item)]));
}
