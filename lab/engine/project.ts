import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { newSalt, passphraseCrypter, type Crypter } from "./passphrase";
import { stateFile, stateSalt } from "./state";

/** A Pulumi project and one of its stacks, as they lie on disk. */
export interface Project {
    readonly folder: string;
    readonly name: string;
    readonly stack: string;
    /** The tsconfig that the program is run with, relative to the folder. @default Pulumi's own: tsconfig.json */
    readonly tsconfig?: string;
    /** What stands before the program on Node's command line. @default nothing */
    readonly nodeargs?: string;
    /** Configuration as the program gets it: structures as JSON text, secrets decrypted. */
    readonly config: Readonly<Record<string, string>>;
    readonly secretKeys: readonly string[];
    readonly stateFile: string;
    readonly crypter: Crypter;
}

interface ProjectFile {
    name?: string;
    runtime?: string | { name?: string; options?: { tsconfig?: string; nodeargs?: string } };
    config?: Record<string, { default?: unknown } | string | null>;
}

interface StackFile {
    encryptionsalt?: string;
    config?: Record<string, unknown>;
}

/**
 * Reads the project in `folder`, the stack's configuration, and where its state is kept.
 * @param configFile another place for `Pulumi.STACK.yaml`
 * @throws when something is missing or not as this engine needs it, saying what to do
 */
export function loadProject(folder: string, stack: string, configFile?: string): Project {
    const projectFile = join(folder, "Pulumi.yaml");
    if (!existsSync(projectFile)) {
        throw new Error(`there is no Pulumi.yaml in ${folder}: run this in a Pulumi project.`);
    }
    const project = parse(readFileSync(projectFile, "utf8")) as ProjectFile;
    const runtime =
        typeof project.runtime === "string" ? { name: project.runtime } : project.runtime;
    if (runtime?.name !== "nodejs" || project.name === undefined) {
        throw new Error(
            `${projectFile} must have a name and the runtime nodejs: the bundled engine runs no other.`,
        );
    }
    const stackFile = configFile ?? join(folder, `Pulumi.${stack}.yaml`);
    const stored = existsSync(stackFile)
        ? (parse(readFileSync(stackFile, "utf8")) as StackFile | null)
        : null;
    if (configFile !== undefined && stored === null) {
        throw new Error(`--config-file ${configFile} does not exist or is empty.`);
    }
    const file = stateFile(backendFolder(), project.name, stack);
    const passphrase = readPassphrase();
    const salt = stateSalt(file) ?? stored?.encryptionsalt ?? newSalt(passphrase);
    const crypter = passphraseCrypter(passphrase, salt);
    const configCrypter = passphraseCrypter(passphrase, stored?.encryptionsalt ?? salt);
    const { options } = typeof project.runtime === "object" ? project.runtime : {};
    return {
        ...{ folder, stack, name: project.name, stateFile: file, crypter },
        ...(options?.tsconfig === undefined ? {} : { tsconfig: options.tsconfig }),
        ...(options?.nodeargs === undefined ? {} : { nodeargs: options.nodeargs }),
        ...programConfig({ ...defaults(project), ...stored?.config }, configCrypter),
    };
}

/** Defaults that Pulumi.yaml declares for keys of the project itself. */
function defaults({ name = "", config = {} }: ProjectFile): Record<string, unknown> {
    return Object.fromEntries(
        Object.entries(config).flatMap(([key, declared]) =>
            typeof declared === "object" && declared?.default !== undefined
                ? [[key.includes(":") ? key : `${name}:${key}`, declared.default]]
                : [],
        ),
    );
}

/** Turns a stack's `config` into what the program is given; a key with a secret anywhere in it is a secret key. */
export function programConfig(
    stored: Readonly<Record<string, unknown>>,
    crypter: Pick<Crypter, "decrypt">,
): Pick<Project, "config" | "secretKeys"> {
    const secretKeys = new Set<string>();
    const open = (key: string, value: unknown): unknown => {
        if (Array.isArray(value)) {
            return value.map((item) => open(key, item));
        }
        if (typeof value !== "object" || value === null) {
            return value;
        }
        const entries = Object.entries(value);
        const [only] = entries;
        if (only?.[0] === "secure" && entries.length === 1 && typeof only[1] === "string") {
            secretKeys.add(key);
            try {
                return crypter.decrypt(only[1]);
            } catch (error) {
                const reason = error instanceof Error ? error.message : String(error);
                throw new Error(`config key ${key}: ${reason}. Set it anew.`);
            }
        }
        return Object.fromEntries(entries.map(([name, item]) => [name, open(key, item)]));
    };
    const config = Object.fromEntries(
        Object.entries(stored).map(([key, value]) => {
            const opened = open(key, value);
            return [key, typeof opened === "string" ? opened : JSON.stringify(opened)];
        }),
    );
    return { config, secretKeys: [...secretKeys] };
}

function backendFolder(): string {
    const url = process.env["PULUMI_BACKEND_URL"] ?? "";
    if (!url.startsWith("file://")) {
        throw new Error(
            "PULUMI_BACKEND_URL must be file://FOLDER: the bundled engine keeps its state in a folder.",
        );
    }
    // Pulumi also takes file://./relative and file://~, which are no URLs in the strict sense.
    const folder = url.startsWith("file:///") ? fileURLToPath(url) : url.slice("file://".length);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
}

function readPassphrase(): string {
    const file = process.env["PULUMI_CONFIG_PASSPHRASE_FILE"];
    const passphrase =
        process.env["PULUMI_CONFIG_PASSPHRASE"] ??
        (file === undefined ? undefined : readFileSync(file, "utf8").trim());
    if (passphrase === undefined) {
        throw new Error(
            "PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE must be set: it protects the secrets in configuration and state.",
        );
    }
    return passphrase;
}
