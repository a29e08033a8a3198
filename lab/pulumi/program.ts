import type { RunRequest } from "@pulumi/pulumi/proto/language_pb";

/** The options of `runtime` in Pulumi.yaml that the lab's language host knows. */
interface RuntimeOptions {
    readonly nodeargs?: string;
    readonly tsconfig?: string;
    readonly typescript?: boolean;
}

/** Returns what follows `node` and what follows `@pulumi/pulumi/cmd/run` on the program's command line. */
export function programArguments(
    request: RunRequest,
    engine: string,
): { readonly nodeArguments: string[]; readonly args: string[] } {
    const info = request.getInfo();
    const flags = {
        monitor: request.getMonitorAddress(),
        engine,
        organization: request.getOrganization(),
        project: request.getProject(),
        "root-directory": info?.getRootDirectory(),
        stack: request.getStack(),
        pwd: info?.getProgramDirectory(),
        parallel: String(request.getParallel()),
    };
    const given = Object.entries(flags).flatMap(([name, value]) =>
        value === undefined || value === "" ? [] : [`--${name}`, value],
    );
    const dryRun = request.getDryrun() ? ["--dry-run"] : [];
    const entryPoint = info?.getEntryPoint() ?? ".";
    return {
        nodeArguments: (optionsOf(request).nodeargs ?? "").split(" ").filter(Boolean),
        args: [...given, ...dryRun, entryPoint, ...request.getArgsList()],
    };
}

/** Returns the program's environment: the configuration with its secrets goes here, never on the command line. */
export function programEnvironment(
    request: RunRequest,
    inherited: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
    const { typescript = true, tsconfig } = optionsOf(request);
    const config = request.getConfigMap().toArray();
    // `project:key` is the form of Pulumi.yaml, `project:config:key` that of the SDK.
    const named = config.map(([key, value]) => [key.replace(":", ":config:"), value]);
    const environment: NodeJS.ProcessEnv = {
        ...inherited,
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(named)),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    };
    if (typescript) {
        environment["PULUMI_NODEJS_TYPESCRIPT"] = "true";
    }
    if (tsconfig !== undefined) {
        environment["PULUMI_NODEJS_TSCONFIG_PATH"] = tsconfig;
    }
    return environment;
}

function optionsOf(request: RunRequest): RuntimeOptions {
    return request.getInfo()?.getOptions()?.toJavaScript() ?? {};
}
