import {
    existsSync,
    linkSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { contentHash } from "../cache";
import { cacheRoot } from "../paths";
import type { Progress } from "../progress";
import { ownPrograms } from "./bundle";
import { compileCli, findCli } from "./cli";
import { compileKubernetesProvider } from "./kubernetes-provider";
import { pinnedVersion, providerNames, type ProviderName } from "./versions";

/** Pulumi's own engine, as the lab runs it. */
export interface Engine {
    /** The `pulumi` that runs. */
    readonly cli: string;
    /** As `pulumi version` prints it, without the `v`. */
    readonly version: string;
    /** Where its plugins are: the lab's own PULUMI_HOME, never the user's. */
    readonly home: string;
    /** For each provider, whether it is Pulumi's or a stand-in of the lab. */
    readonly providers: Readonly<Record<ProviderName, "real" | "stand-in">>;
}

const home = join(cacheRoot, "pulumi");
const engineFile = join(home, "engine.json");

/**
 * Puts Pulumi's engine together: `pulumi` from PATH, or compiled; each provider from the user's own plugins in the pinned version, or
 * compiled (kubernetes), or the lab's stand-in (command, cloudflare, grafana, which no package registry has).
 */
export async function ensureEngine(progress: Progress): Promise<Engine> {
    const found = findCli();
    const installed = providerNames.filter((name) => existsSync(installedPlugin(name)));
    const cli = found?.file ?? (await compileCli(progress));
    const kubernetes = installed.includes("kubernetes")
        ? undefined
        : await compileKubernetesProvider(pinnedVersion("kubernetes"), progress);
    const own = await ownPrograms();
    const parts = [cli, kubernetes ?? "", installed.join(), ...Object.values(own)];
    const hash = contentHash(parts);
    const earlier = readEngine();
    if (earlier?.hash === hash) {
        return earlier;
    }
    progress("installing plugins");
    rmSync(engineFile, { force: true });
    rmSync(join(home, "bin"), { recursive: true, force: true });
    rmSync(join(home, "plugins"), { recursive: true, force: true });
    for (const name of providerNames) {
        const folder = join(home, "plugins", pluginFolder(name));
        mkdirSync(folder, { recursive: true });
        if (installed.includes(name)) {
            linkAll(installedPlugin(name), folder);
        } else if (name === "kubernetes") {
            linkAll(dirname(kubernetes ?? ""), folder);
        } else {
            writeFileSync(join(folder, `pulumi-resource-${name}`), own[name], { mode: 0o755 });
        }
    }
    const engine = {
        cli: found?.file ?? ownCli(cli, own["language-nodejs"]),
        version: found?.version ?? pinnedVersion("pulumi"),
        home,
        providers: Object.fromEntries(
            providerNames.map((name) => [
                name,
                installed.includes(name) || name === "kubernetes" ? "real" : "stand-in",
            ]),
        ) as Engine["providers"],
        hash,
    };
    writeFileSync(engineFile, JSON.stringify(engine, null, 4));
    return engine;
}

/** The engine looks for its language host beside its own binary, whose links it follows: so the binary is a second name of that file. */
function ownCli(compiled: string, host: string): string {
    const bin = join(home, "bin");
    mkdirSync(bin, { recursive: true });
    linkSync(compiled, join(bin, "pulumi"));
    writeFileSync(join(bin, "pulumi-language-nodejs"), host, { mode: 0o755 });
    return join(bin, "pulumi");
}

/** Links the files of a plugin's folder; Pulumi takes a folder that is a link for no plugin. */
function linkAll(from: string, to: string): void {
    for (const file of readdirSync(from)) {
        symlinkSync(join(from, file), join(to, file));
    }
}

function readEngine(): (Engine & { readonly hash: string }) | undefined {
    return existsSync(engineFile)
        ? (JSON.parse(readFileSync(engineFile, "utf8")) as Engine & { hash: string })
        : undefined;
}

/** Where Pulumi itself keeps a provider's plugin on this machine. */
function installedPlugin(name: ProviderName): string {
    const root = process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi");
    return join(root, "plugins", pluginFolder(name));
}

function pluginFolder(name: ProviderName): string {
    return `resource-${name}-v${pinnedVersion(name)}`;
}
