// Compares `pulumi preview` of an empty program with Rekindle's, and with Pulumi's default set-up for TypeScript.
// Run it as `npm run -s bench:program`, or with fewer rounds: `npm run -s bench:program -- 3`.

import { spawnSync } from "node:child_process";
import {
    cpSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import Table from "cli-table3";
import { parse } from "yaml";
import { project } from "../lab/paths";
import { ensureEngine, type Engine } from "../lab/pulumi/engine";
import { newSalt, passphraseCrypter } from "../lab/pulumi/passphrase";
import { node, required, sshKey } from "../tests/right-config";

const stack = "bench";
const passphrase = "bench";
const ownFiles = [
    ...["index.ts", "proven-config.ts", "config.ts", "cold-start.ts"],
    ...["config", "cold-start", "components"],
];
const settings = [
    "package.json",
    "tsconfig.json",
    "tsconfig.pulumi.json",
    "compile-cache.mjs",
    "ts-cache.cjs",
];
const secretKeys = ["kubeconfig", "cloudflareToken", "dnsToken", "tunnelSecret", "sshPrivateKey"];

interface Way {
    readonly label: string;
    /** Texts of the project's files, beside those of the program. */
    readonly files?: Readonly<Record<string, string>>;
    /** Undefined for the empty program. */
    readonly config?: Readonly<Record<string, unknown>>;
    /** What the preview prints when it is refused, as it should be. @default it succeeds */
    readonly refused?: RegExp;
}

const each = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, index) => make(index));

/** Returns the configuration of a home. No cluster answers at its kubeconfig's address, as in an offline preview. */
const home = (routes: number, nodes: number) => ({
    ...required,
    kubeconfig: `apiVersion: v1
kind: Config
clusters: [{ name: home, cluster: { server: "https://127.0.0.1:9" } }]
contexts: [{ name: home, context: { cluster: home, user: home } }]
users: [{ name: home, user: { token: none } }]
current-context: home
`,
    sshPrivateKey: sshKey,
    routes: each(routes, (index) => ({
        hostname: `h${index}.home.example`,
        service: "http://git.git.svc:3000",
    })),
    nodes: each(nodes, (i) => ({ ...node, name: `pi${i}`, address: `192.168.1.${i + 1}` })),
});

/** The blog post's home: an init container's image is served through the tunnel. */
const cyclic = {
    ...home(20, 3),
    images: { ...required.images, node: `h0.home.example/dns:1@sha256:${"0".repeat(64)}` },
    services: [{ name: "git", hostnames: ["h0.home.example"], image: "docker.io/gitea/gitea:1" }],
};

/** Rekindle's own way of running TypeScript, and what a project has that says nothing about it. */
const { runtime } = parse(readFileSync(join(project, "Pulumi.yaml"), "utf8")) as {
    readonly runtime: unknown;
};
const ownSetUp = { "Pulumi.yaml": JSON.stringify({ name: "rekindle", runtime }) };
const usualSetUp = { "Pulumi.yaml": JSON.stringify({ name: "rekindle", runtime: "nodejs" }) };
const emptyProgram = { "index.ts": 'import "@pulumi/pulumi";\n' };

const ways: readonly Way[] = [
    { label: "an empty program, set up as ours", files: { ...emptyProgram, ...ownSetUp } },
    { label: "... in Pulumi's default set-up", files: { ...emptyProgram, ...usualSetUp } },
    { label: "20 routes, 3 nodes, as Pulumi.yaml says", config: home(20, 3) },
    { label: "... in Pulumi's default set-up", files: usualSetUp, config: home(20, 3) },
    { label: "... with 200 routes and 20 nodes more", config: home(220, 23) },
    { label: "a dependency cycle, refused", config: cyclic, refused: /h0\.home\.example\/dns/ },
];

/** Runs one command of Pulumi in a project. */
type Pulumi = (
    folder: string,
    args: readonly string[],
) => { readonly exit: number | null; readonly output: string };

function pulumiOf(engine: Engine): Pulumi {
    const bin = [dirname(engine.cli), join(project, "node_modules/.bin"), process.env["PATH"]];
    return (folder, args) => {
        const { status, stdout, stderr } = spawnSync(engine.cli, [...args, "--non-interactive"], {
            cwd: folder,
            encoding: "utf8",
            env: {
                ...process.env,
                // The program keeps what Node compiled by itself: compile-cache.mjs.
                NODE_COMPILE_CACHE: undefined,
                PATH: bin.join(delimiter),
                PULUMI_HOME: engine.home,
                PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
                PULUMI_CONFIG_PASSPHRASE: passphrase,
                PULUMI_STACK: stack,
                PULUMI_SKIP_UPDATE_CHECK: "true",
                PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
            },
        });
        return { exit: status, output: stdout + stderr };
    };
}

/** Makes a project with its stack in a folder of its own; the checkout stays as it is. */
function makeProject({ files = {}, config }: Way, run: Pulumi, folder: string): void {
    mkdirSync(join(folder, "state"), { recursive: true });
    symlinkSync(join(project, "node_modules"), join(folder, "node_modules"));
    const copied = ["Pulumi.yaml", ...settings, ...(config === undefined ? [] : ownFiles)];
    for (const file of copied) {
        cpSync(join(project, file), join(folder, file), { recursive: true });
    }
    for (const [file, text] of Object.entries(files)) {
        writeFileSync(join(folder, file), text);
    }
    const salt = newSalt(passphrase);
    const crypter = passphraseCrypter(passphrase, salt);
    const values = Object.entries(config ?? {}).map(([key, value]): [string, unknown] => [
        `rekindle:${key}`,
        secretKeys.includes(key) ? { secure: crypter.encrypt(String(value)) } : value,
    ]);
    run(folder, ["stack", "init", stack]);
    // JSON is YAML too.
    const text = JSON.stringify({
        encryptionsalt: salt,
        config: Object.fromEntries(values),
    });
    writeFileSync(join(folder, `Pulumi.${stack}.yaml`), text);
}

/** Previews once; returns the seconds that took and how many resources Pulumi would create. */
function previewOnce({ label, refused }: Way, run: Pulumi, folder: string) {
    const begun = performance.now();
    const { exit, output } = run(folder, ["preview"]);
    const seconds = (performance.now() - begun) / 1000;
    if (refused === undefined ? exit !== 0 : exit === 0 || !refused.test(output)) {
        throw new Error(
            `${label}: the preview ended with ${exit}, so no figure means anything:\n${output}`,
        );
    }
    return { seconds, resources: Number(/(\d+) to create/.exec(output)?.[1] ?? 0) };
}

const median = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

async function main(rounds: number): Promise<void> {
    const engine = await ensureEngine(console.error);
    const run = pulumiOf(engine);
    const root = mkdtempSync(join(tmpdir(), "rekindle-bench-"));
    const runs = ways.map((way, index) => ({
        ...{ way, folder: join(root, String(index)) },
        ...{ seconds: [] as number[], resources: 0 },
    }));
    try {
        for (const { way, folder } of runs) {
            makeProject(way, run, folder);
        }
        // One round warms the caches. Then they are interleaved: what else the machine does slows all ways alike.
        for (let round = 0; round <= rounds; round += 1) {
            for (const one of runs) {
                const { seconds, resources } = previewOnce(one.way, run, one.folder);
                one.resources = resources;
                one.seconds.push(...(round > 0 ? [seconds] : []));
            }
        }
    } finally {
        rmSync(root, { recursive: true });
    }
    const [empty = NaN, , , usual = NaN] = runs.map(({ seconds }) => median(seconds));
    const table = new Table({
        head: ["pulumi preview", "resources", "median", "of empty", "of default"],
    });
    for (const { way, seconds, resources } of runs) {
        const time = median(seconds);
        const ratios = [time / empty, time / usual].map((ratio) => ratio.toFixed(2));
        table.push([way.label, resources, `${time.toFixed(2)} s`, ...ratios]);
    }
    console.log(table.toString());
    console.log(
        `${rounds} interleaved rounds, Pulumi ${engine.version}, Node ${process.versions.node}.`,
    );
}

void main(Number(process.argv[2] ?? 9));
