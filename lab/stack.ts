import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { pis } from "./facts";
import { mergeConfig, type LabFacts } from "./merge-config";
import { kubeconfigFile, project, sshKeyFile } from "./paths";
import { newSalt, passphraseCrypter } from "./pulumi/passphrase";
import { labSecrets } from "./secrets";
import { trustedHostKey } from "./ssh";
import { stackPlace } from "./stack-place";

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
 * Secrets are encrypted with Pulumi's own passphrase scheme.
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
