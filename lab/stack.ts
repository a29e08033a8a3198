import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { spawn } from "node:child_process";
import { parse, stringify } from "yaml";
import { labCa } from "./ca";
import { chooseEngine, isPulumiStack } from "./engine-choice";
import { readEvents, type Events } from "./engine/events";
import { newSalt, passphraseCrypter } from "./engine/passphrase";
import { pis } from "./facts";
import { mergeConfig, type LabFacts } from "./merge-config";
import { insideArgs, isNetworkUp } from "./network";
import { cacheRoot, kubeconfigFile, project, sshKeyFile } from "./paths";
import { labSecrets } from "./secrets";
import { trustedHostKey } from "./ssh";
import { projectName, stackName, stackPlace } from "./stack-place";

export type StackCommand = "up" | "preview" | "destroy";

/** What one run of the engine did. */
export interface StackRun extends Events {
    readonly engine: string;
    readonly ok: boolean;
    readonly seconds: number;
}

interface ConfigFile {
    encryptionsalt?: string;
    config: Record<string, unknown>;
}

export const committedConfig = join(project, "Pulumi.dev.yaml");

/** The secrets that the lab has and no file that is committed. */
const secretKeys = [
    ...["kubeconfig", "cloudflareToken", "dnsToken", "tunnelSecret", "sshPrivateKey"],
    ...["grafanaAuth", "telegramToken", "heartbeatSecret"],
] as const;

/**
 * Writes `.lab/Pulumi.dev.yaml`: the committed Pulumi.dev.yaml, and over it what only this lab can know.
 * Both engines read it; secrets are encrypted with Pulumi's own passphrase scheme.
 * @param source another file instead of the committed one
 * @throws when that file cannot be read as a stack's configuration
 */
export function mergeStackConfig(
    { cloudflared, node }: { readonly cloudflared: string; readonly node: string },
    source = committedConfig,
): void {
    const secrets: Readonly<Record<string, unknown>> = {
        ...labSecrets(),
        kubeconfig: readFileSync(kubeconfigFile, "utf8"),
        sshPrivateKey: readFileSync(sshKeyFile, "utf8"),
    };
    const { config } = readConfig(source);
    const { configFile, factsFile, passphrase } = stackPlace();
    // The state is encrypted under this salt too: it stays the same as long as the lab runs.
    const earlier = existsSync(configFile) ? readConfig(configFile).encryptionsalt : undefined;
    const salt = earlier ?? newSalt(passphrase);
    const crypter = passphraseCrypter(passphrase, salt);
    const encrypted = prefixed((key) => ({ secure: crypter.encrypt(String(secrets[key])) }));
    const hostKeys = pis.map((pi) => [pi.address, trustedHostKey(pi)] as const);
    const facts = { images: { cloudflared, node }, hostKeys: Object.fromEntries(hostKeys) };
    mkdirSync(dirname(factsFile), { recursive: true });
    writeFileSync(factsFile, JSON.stringify(facts));
    const committed = readConfig(committedConfig).config;
    write(configFile, salt, mergeConfig(config, committed, facts, encrypted));
}

/**
 * The same without a lab: what only it could know is as it was when it ran last.
 * @throws when it has not run, or when `source` cannot be read as a stack's configuration
 */
export function mergeOfflineConfig(source = committedConfig): void {
    const { configFile, factsFile } = stackPlace();
    const { config } = readConfig(source);
    if (!existsSync(factsFile)) {
        throw new Error(
            `There is no ${factsFile}: an older version of the lab ran here last. Run \`npm start\` first.`,
        );
    }
    const facts = JSON.parse(readFileSync(factsFile, "utf8")) as LabFacts;
    const { encryptionsalt = "", config: last } = readConfig(configFile);
    const secrets = prefixed((key) => last[`rekindle:${key}`]);
    const committed = readConfig(committedConfig).config;
    write(configFile, encryptionsalt, mergeConfig(config, committed, facts, secrets));
}

function prefixed(valueOf: (key: (typeof secretKeys)[number]) => unknown): Record<string, unknown> {
    return Object.fromEntries(
        secretKeys.map((key): [string, unknown] => [`rekindle:${key}`, valueOf(key)]),
    );
}

function write(file: string, encryptionsalt: string, config: ConfigFile["config"]): void {
    mkdirSync(dirname(file), { recursive: true });
    const heading =
        "# Made from Pulumi.dev.yaml by the lab at each run: edit that file, not this one.\n";
    writeFileSync(file, heading + stringify({ encryptionsalt, config }), { mode: 0o600 });
}

function readConfig(source: string): ConfigFile {
    try {
        const read = parse(readFileSync(source, "utf8")) as Partial<ConfigFile> | null;
        if (read?.config === undefined) {
            throw new Error('it has no "config:"');
        }
        return { ...read, config: read.config };
    } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(
            `${source} is not a stack's configuration: ${reason}\nNothing was changed. Pulumi.dev.yaml is an example.`,
        );
    }
}

/**
 * Runs one command of the engine on the `dev` stack, its output going straight to the terminal.
 * @param output where that goes. @default "stdout"
 */
export async function runStack(
    command: StackCommand,
    output: "stdout" | "stderr" = "stdout",
): Promise<StackRun> {
    const begun = Date.now();
    const { configFile, stateFolder } = stackPlace();
    mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
    const eventLog = join(stateFolder, "events.json");
    rmSync(eventLog, { force: true });
    const flags = ["--stack", stackName, "--config-file", configFile, "--event-log", eventLog];
    const confirmed = command === "preview" ? ["--diff"] : ["--yes", "--skip-preview"];
    const { name, file, args } = chooseEngine(stateFolder);
    if (name === "pulumi" && !isPulumiStack(stateFolder)) {
        await createStack(stateFolder);
    }
    const whole = [...args, command, ...flags, ...confirmed, "--non-interactive"];
    const exit = await asOperator(file, whole, "", output);
    const events = readEvents(existsSync(eventLog) ? readFileSync(eventLog, "utf8") : "");
    // Pulumi's own engine writes the SDK's debug messages there too, with secrets in plain.
    rmSync(eventLog, { force: true });
    return { ...events, engine: name, ok: exit === 0, seconds: (Date.now() - begun) / 1000 };
}

/**
 * Pulumi's own engine wants a stack to exist; made from a bare project, it leaves the committed files as they are.
 * @throws when Pulumi does not make it
 */
async function createStack(stateFolder: string): Promise<void> {
    const bare = join(stateFolder, "project");
    mkdirSync(bare, { recursive: true });
    writeFileSync(join(bare, "Pulumi.yaml"), `name: ${projectName}\nruntime: nodejs\n`);
    const exit = await asOperator("pulumi", [
        "-C",
        bare,
        "stack",
        "init",
        stackName,
        "--no-select",
    ]);
    if (exit !== 0) {
        throw new Error(`\`pulumi stack init\` ended with ${exit}: what it said stands above.`);
    }
}

/**
 * Runs a program as the person at the computer that deploys: with the stack's backend and passphrase, inside the lab's network,
 * or without a lab in a network of its own in which nothing answers.
 * @returns its exit code
 */
export async function asOperator(
    file: string,
    args: readonly string[],
    path = "",
    output: "stdout" | "stderr" = "stdout",
): Promise<number> {
    const { stateFolder, passphrase } = stackPlace();
    const [program, all] = isNetworkUp()
        ? insideArgs(file, args)
        : ["unshare", ["--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", file, ...args]];
    const { certFile } = await labCa();
    const paths = [path, join(project, "node_modules/.bin"), process.env["PATH"] ?? ""];
    const child = spawn(program, all, {
        cwd: project,
        stdio: ["ignore", output === "stdout" ? "inherit" : 2, "inherit"],
        env: {
            ...process.env,
            PATH: paths.filter((each) => each !== "").join(delimiter),
            PULUMI_BACKEND_URL: `file://${stateFolder}`,
            PULUMI_CONFIG_PASSPHRASE: passphrase,
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_DEBUG_COMMANDS: "true",
            NODE_COMPILE_CACHE: join(cacheRoot, "compile-cache"),
            // The lab's CA, for Node programs and for Pulumi's Go providers.
            NODE_EXTRA_CA_CERTS: certFile,
            SSL_CERT_FILE: certFile,
        },
    });
    return new Promise<number>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => {
            resolve(code ?? 1);
        });
    });
}
