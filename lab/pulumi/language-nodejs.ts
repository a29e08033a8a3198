/**
 * Runs the program for Pulumi's engine: the language host that Pulumi's own distribution has beside its CLI, whose Go module no
 * registry serves. Serves what `pulumi up`, `preview`, `refresh` and `destroy` ask; installing, packing and code generation answer
 * UNIMPLEMENTED. A `pulumi` from PATH brings a language host of its own, and this file is not used.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as languageGrpc from "@pulumi/pulumi/proto/language_grpc_pb";
import {
    AboutResponse,
    GetProgramDependenciesResponse,
    GetRequiredPackagesResponse,
    LanguageHandshakeResponse,
    RunResponse,
    RuntimeOptionsResponse,
    type RunRequest,
} from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { serve, unary } from "./plugin-server";
import { programArguments, programEnvironment } from "./program";

/** Means "the program has already reported what is wrong": the engine adds nothing. */
const alreadyReported = 32;

/** The engine's address is the last argument. */
const engine = process.argv.at(-1) ?? "";
const running = new Set<ChildProcess>();

async function run(request: RunRequest): Promise<RunResponse> {
    const folder = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
    const response = new RunResponse();
    let runner: string;
    try {
        runner = createRequire(join(folder, "package.json")).resolve("@pulumi/pulumi/cmd/run");
    } catch {
        response.setError(`@pulumi/pulumi is not installed in ${folder}: run \`npm ci\` there.`);
        return response;
    }
    const { nodeArguments, args } = programArguments(request, engine);
    const program = spawn("node", [...nodeArguments, runner, ...args], {
        cwd: folder,
        stdio: ["ignore", "inherit", "inherit"],
        env: programEnvironment(request, process.env),
    });
    running.add(program);
    const [code, signal] = (await once(program, "close").finally(() => {
        running.delete(program);
    })) as [number | null, string | null];
    if (code === alreadyReported) {
        response.setBail(true);
    } else if (code !== 0) {
        response.setError(`Program exited with ${signal ?? `exit code ${code ?? "unknown"}`}`);
    }
    return response;
}

function interrupt(): Empty {
    for (const program of running) {
        program.kill("SIGINT");
    }
    return new Empty();
}

serve(
    languageGrpc.LanguageRuntimeService,
    {
        handshake: unary(() => new LanguageHandshakeResponse()),
        getPluginInfo: unary(() => new PluginInfo()),
        // None: each resource of the SDKs carries the version of its provider.
        getRequiredPackages: unary(() => new GetRequiredPackagesResponse()),
        getProgramDependencies: unary(() => new GetProgramDependenciesResponse()),
        runtimeOptionsPrompts: unary(() => new RuntimeOptionsResponse()),
        about: unary(() =>
            new AboutResponse().setExecutable(process.execPath).setVersion(process.version),
        ),
        run: unary(run),
        cancel: unary(interrupt),
    },
    interrupt,
);
