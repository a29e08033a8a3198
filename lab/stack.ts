import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { spawn } from "node:child_process";
import { parse, stringify } from "yaml";
import { labCa } from "./ca";
import { chooseEngine } from "./engine-choice";
import { readEvents, type Events } from "./engine/events";
import { newSalt, passphraseCrypter } from "./engine/passphrase";
import { insideArgs } from "./network";
import { cacheRoot, dotLab, kubeconfigFile, project, reportFile, stackConfigFile } from "./paths";
import { labSecrets } from "./secrets";

export type StackCommand = "up" | "preview" | "destroy";
export const stackName = "dev";

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
const stateFolder = join(dotLab, "state");
const eventLog = join(dotLab, "events.json");

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
    const salt = earlierSalt() ?? newSalt(secrets.passphrase);
    const crypter = passphraseCrypter(secrets.passphrase, salt);
    const secret = (value: string) => ({ secure: crypter.encrypt(value) });
    const merged: ConfigFile = {
        encryptionsalt: salt,
        config: {
            ...committed.config,
            "rekindle:images": { cloudflared, node },
            "rekindle:kubeconfig": secret(readFileSync(kubeconfigFile, "utf8")),
            "rekindle:cloudflareToken": secret(secrets.cloudflareToken),
            "rekindle:dnsToken": secret(secrets.dnsToken),
            "rekindle:tunnelSecret": secret(secrets.tunnelSecret),
        },
    };
    mkdirSync(dotLab, { recursive: true });
    const heading =
        "# Made from Pulumi.dev.yaml by the lab at each run: edit that file, not this one.\n";
    writeFileSync(stackConfigFile, heading + stringify(merged), { mode: 0o600 });
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

/** The state is encrypted under this salt too: it stays the same as long as the lab runs. */
function earlierSalt(): string | undefined {
    return existsSync(stackConfigFile)
        ? (parse(readFileSync(stackConfigFile, "utf8")) as ConfigFile).encryptionsalt
        : undefined;
}

/** Removes config and state of a house that is gone; results (report, drills) are kept. */
export function forgetStack(): void {
    const kept = [reportFile, join(dotLab, "drills")];
    for (const name of existsSync(dotLab) ? readdirSync(dotLab) : []) {
        if (!kept.includes(join(dotLab, name))) {
            rmSync(join(dotLab, name), { recursive: true });
        }
    }
}

/** Runs one command of the engine on the `dev` stack, inside the lab's network, its output going straight to the terminal. */
export async function runStack(command: StackCommand): Promise<StackRun> {
    const begun = Date.now();
    mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
    rmSync(eventLog, { force: true });
    const flags = ["--stack", stackName, "--config-file", stackConfigFile, "--event-log", eventLog];
    const confirmed = command === "preview" ? ["--diff"] : ["--yes", "--skip-preview"];
    const { name, file, args } = chooseEngine();
    const [program, all] = insideArgs(file, [
        ...args,
        command,
        ...flags,
        ...confirmed,
        "--non-interactive",
    ]);
    const { certFile } = await labCa();
    const child = spawn(program, all, {
        cwd: project,
        stdio: ["ignore", "inherit", "inherit"],
        env: {
            ...process.env,
            PATH: [join(project, "node_modules/.bin"), process.env["PATH"]].join(delimiter),
            PULUMI_BACKEND_URL: `file://${stateFolder}`,
            PULUMI_CONFIG_PASSPHRASE: labSecrets().passphrase,
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_DEBUG_COMMANDS: "true",
            NODE_COMPILE_CACHE: join(cacheRoot, "compile-cache"),
            // The lab's CA, for Node programs and for Pulumi's Go providers.
            NODE_EXTRA_CA_CERTS: certFile,
            SSL_CERT_FILE: certFile,
        },
    });
    const exit = await new Promise<number>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => {
            resolve(code ?? 1);
        });
    });
    const events = readEvents(existsSync(eventLog) ? readFileSync(eventLog, "utf8") : "");
    return { ...events, engine: name, ok: exit === 0, seconds: (Date.now() - begun) / 1000 };
}
