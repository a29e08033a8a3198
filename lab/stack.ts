import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { spawn } from "node:child_process";
import { parse, stringify } from "yaml";
import { labCa } from "./ca";
import { chooseEngine, isPulumiStack } from "./engine-choice";
import { readEvents, type Events } from "./engine/events";
import { newSalt, passphraseCrypter } from "./engine/passphrase";
import { pis } from "./facts";
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

/** Configuration that the lab has and no file that is committed. */
const labKeys = [
    ...["images", "kubeconfig", "cloudflareToken", "dnsToken", "tunnelSecret"],
    ...["nodes", "sshPrivateKey"],
    ...["grafanaAuth", "telegramToken", "heartbeatSecret"],
];

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
    const secrets = labSecrets();
    const committed = readConfig(source);
    const { configFile } = stackPlace();
    // The state is encrypted under this salt too: it stays the same as long as the lab runs.
    const earlier = existsSync(configFile) ? readConfig(configFile).encryptionsalt : undefined;
    const salt = earlier ?? newSalt(secrets.passphrase);
    const crypter = passphraseCrypter(secrets.passphrase, salt);
    const secret = (value: string) => ({ secure: crypter.encrypt(value) });
    write(configFile, salt, {
        ...committed.config,
        "rekindle:images": { cloudflared, node },
        "rekindle:kubeconfig": secret(readFileSync(kubeconfigFile, "utf8")),
        "rekindle:cloudflareToken": secret(secrets.cloudflareToken),
        "rekindle:dnsToken": secret(secrets.dnsToken),
        "rekindle:tunnelSecret": secret(secrets.tunnelSecret),
        "rekindle:nodes": withHostKeys(committed.config["rekindle:nodes"]),
        "rekindle:sshPrivateKey": secret(readFileSync(sshKeyFile, "utf8")),
        "rekindle:grafanaAuth": secret(secrets.grafanaAuth),
        "rekindle:telegramToken": secret(secrets.telegramToken),
        "rekindle:heartbeatSecret": secret(secrets.heartbeatSecret),
    });
}

/** A node at a Pi's address has that Pi's host key; what is no list is left for the program to tell. */
function withHostKeys(nodes: unknown): unknown {
    return Array.isArray(nodes)
        ? nodes.map((node: { address?: unknown }) => {
              const pi = pis.find(({ address }) => address === node.address);
              return pi === undefined ? node : { ...node, hostKey: trustedHostKey(pi) };
          })
        : nodes;
}

/**
 * The same without a lab: what only it could know is taken from the file as it was merged last.
 * @throws when there is none, or when `source` cannot be read as a stack's configuration
 */
export function mergeOfflineConfig(source = committedConfig): void {
    const { configFile } = stackPlace();
    const committed = readConfig(source);
    const { encryptionsalt = "", config } = readConfig(configFile);
    const known = labKeys.map((key) => `rekindle:${key}`);
    const kept = Object.entries(config).filter(([key]) => known.includes(key));
    write(configFile, encryptionsalt, { ...committed.config, ...Object.fromEntries(kept) });
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
