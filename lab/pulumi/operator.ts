import { spawn, type StdioOptions } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { labCa } from "../ca";
import { insideArgs, isNetworkUp } from "../network";
import { cacheRoot, project } from "../paths";
import { stackName, stackPlace } from "../stack-place";
import { ensureEngine } from "./engine";

export interface OperatorOptions {
    /** @default the project, where Pulumi.yaml is */
    readonly cwd?: string;
    /** @default all three are this process's own */
    readonly stdio?: StdioOptions;
}

/**
 * Runs a program as the person at the computer that deploys: with the lab's `pulumi`, the stack's backend and passphrase, inside the
 * lab's network, or without a lab in a network of its own in which nothing answers.
 * @returns its exit code
 */
export async function asOperator(
    file: string,
    args: readonly string[],
    { cwd = project, stdio = "inherit" }: OperatorOptions = {},
): Promise<number> {
    const { stateFolder, passphrase } = stackPlace();
    const engine = await ensureEngine(console.error);
    const [program, all] = isNetworkUp()
        ? insideArgs(file, args)
        : ["unshare", ["--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", file, ...args]];
    const { certFile } = await labCa();
    const paths = [
        dirname(engine.cli),
        join(project, "node_modules/.bin"),
        process.env["PATH"] ?? "",
    ];
    const child = spawn(program, all, {
        cwd,
        stdio,
        env: {
            ...process.env,
            PATH: paths.join(delimiter),
            PULUMI_HOME: engine.home,
            PULUMI_BACKEND_URL: `file://${stateFolder}`,
            PULUMI_CONFIG_PASSPHRASE: passphrase,
            PULUMI_STACK: stackName,
            PULUMI_SKIP_UPDATE_CHECK: "true",
            // A plugin that is missing is an error here, not a download.
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
            PULUMI_DEBUG_COMMANDS: "true",
            NODE_COMPILE_CACHE: join(cacheRoot, "compile-cache"),
            // The lab's CA, for Node programs and for Go providers.
            NODE_EXTRA_CA_CERTS: certFile,
            SSL_CERT_FILE: certFile,
        },
    });
    // Ctrl-C reaches the program too: it ends in its own way, and this process reports how.
    const ignore = () => undefined;
    process.on("SIGINT", ignore);
    return new Promise<number>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => {
            resolve(code ?? 1);
        });
    }).finally(() => {
        process.off("SIGINT", ignore);
    });
}
